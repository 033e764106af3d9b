import IO
import JSON
import Testing

@testable import Server

@Suite struct TrustedProxiesConfigurationTests {
    @Test("trusted proxies are addresses and networks, and none unless they are listed")
    func read() throws {
        let given = try Configuration(JSONValue.parse(#"{"trustedProxies": ["10.0.0.0/8", "::1", "192.0.2.1"]}"#))
        #expect(given.trustedProxies.map(\.description) == ["10.0.0.0/8", "::1/128", "192.0.2.1/32"])
        #expect(given.settings["settings/trustedProxies"] != nil, "a change of what addresses mean is recorded")
        #expect(try Configuration(JSONValue.parse("{}")).trustedProxies == [])
    }

    @Test(
        "what is no address or network is refused, and the error names its place",
        arguments: [
            (#"["10.0.0.0/8", "proxy.example"]"#, "trustedProxies/1"), (#"["10.0.0.1/8"]"#, "trustedProxies/0"), (#"["10.0.0.0/33"]"#, "trustedProxies/0"),
            (#"["10.0.0.1:80"]"#, "trustedProxies/0"), (#"[7]"#, "trustedProxies/0"), (#""10.0.0.0/8""#, "trustedProxies"), (#"[""]"#, "trustedProxies/0"),
        ])
    func refused(list: String, place: String) {
        #expect { try Configuration(JSONValue.parse("{\"trustedProxies\": \(list)}")) } throws: { "\($0)".contains("\"\(place)\"") }
    }
}
