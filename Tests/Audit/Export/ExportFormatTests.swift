import JSON
import Testing

@testable import Audit

@Suite("Exports")
struct ExportFormatTests {
    private static let event = #"""
        {"specversion":"1.0","id":"019c13ec-9e03-7449-bc90-f67cc8bb97a2","source":"/registries/hub.example","type":"io.signalbox.tag.rejected","subject":"team/app:v1@sha256:b2","time":"2026-01-31T12:00:00.003Z","datacontenttype":"application/json","sequence":"104","data":{"registry":"hub.example","repository":"team/app","tag":"v1","digest":"sha256:b2","action":"overwrite","reason":"TAG_IMMUTABLE","rule":"releases","currentDigest":"sha256:a1","actor":{"name":"=cmd|' /C calc'!A0","kind":"user"},"request":{"id":"r-1","address":"192.0.2.7","userAgent":"a \"b\", c]\\ü","method":"PUT"}}}
        """#

    private func export(_ format: ExportFormat, _ event: String = event) throws -> String {
        var out: [UInt8] = []
        format.append(try JSONValue.parse(event), to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    @Test("JSON Lines are the records as they are")
    func jsonLines() throws {
        #expect(try export(.jsonl) == Self.event + "\n")
    }

    @Test("CSV quotes by RFC 4180, and no cell is a formula")
    func csv() throws {
        let line = try export(.csv)
        #expect(line.hasPrefix("104,2026-01-31T12:00:00.003Z,019c13ec-9e03-7449-bc90-f67cc8bb97a2,io.signalbox.tag.rejected,refused,team/app:v1@sha256:b2,'=cmd|' /C calc'!A0,user,192.0.2.7,\"a \"\"b\"\", c]\\ü\",PUT,r-1,team/app,v1,sha256:b2,sha256:a1,\"{\"\""))
        #expect(line.hasSuffix("}\"\r\n"))
        #expect(String(decoding: ExportFormat.csv.head, as: UTF8.self).hasPrefix("sequence,time,id,type,outcome,") && ExportFormat.jsonl.head.isEmpty)
        for (text, cell) in [
            ("", ""), ("a", "a"), ("+1", "'+1"), ("-1", "'-1"), ("@x", "'@x"), ("\tx", "'\tx"), ("a,b", "\"a,b\""), ("a\nb", "\"a\nb\""),
            ("=\"x\"", "\"'=\"\"x\"\"\""), ("1=2", "1=2"),
        ] {
            var out: [UInt8] = []
            CSVFormat.append(text, to: &out)
            #expect(String(decoding: out, as: UTF8.self) == cell)
        }
    }

    @Test("a CloudTrail record has what ECR's have, and says why something was refused")
    func cloudTrail() throws {
        let record = try JSONValue.parse(try export(.cloudtrail))
        #expect(record["eventName"]?.string == "PutImage" && record["errorCode"]?.string == "ImageTagAlreadyExistsException")
        #expect(record["eventTime"]?.string == "2026-01-31T12:00:00Z" && record["responseElements"] == .null)
        #expect(record["requestParameters"]?["imageTag"]?.string == "v1" && record["requestID"]?.string == "r-1")
        #expect(record["resources"]?.array?.first?["ARN"]?.string == "arn:aws:ecr:local:000000000000:repository/team/app")
        let guardEvent = #"{"id":"x","type":"io.signalbox.guard.created","subject":"guards/g","time":"2026-01-31T12:00:00.003Z","sequence":"1","data":{"guard":{"name":"g"},"actor":{"name":"a","kind":"system"}}}"#
        let own = try JSONValue.parse(try export(.cloudtrail, guardEvent))
        #expect(own["eventName"]?.string == "CreateGuard" && own["eventSource"]?.string == "signalbox.dev")
        #expect(own["requestParameters"]?["guard"]?["name"]?.string == "g" && own["userIdentity"]?["type"]?.string == "AWSService")
    }

    @Test("an OCSF event has the required attributes of API Activity, and numbers that fit together")
    func ocsf() throws {
        let event = try JSONValue.parse(try export(.ocsf))
        #expect(event["class_uid"]?.int == 6003 && event["category_uid"]?.int == 6 && event["activity_id"]?.int == 3)
        #expect(event["type_uid"]?.int == 600_303 && event["severity_id"]?.int == 3 && event["status_id"]?.int == 2)
        #expect(event["time"]?.int == 1_769_860_800_003 && event["metadata"]?["version"]?.string == OCSFFormat.version)
        #expect(event["metadata"]?["product"]?["vendor_name"]?.string != nil && event["metadata"]?["uid"]?.string != nil)
        #expect(event["actor"]?["user"]?["name"]?.string == "=cmd|' /C calc'!A0" && event["src_endpoint"]?["ip"]?.string == "192.0.2.7")
        #expect(event["api"]?["operation"]?.string == "PutImage" && event["unmapped"]?["rule"]?.string == "releases")
        #expect(event["api"]?["request"]?["uid"]?.string == "r-1")
        #expect(event["resources"]?.array?.first?["name"]?.string == "team/app:v1")
        // What the hub did by itself was no request of anybody.
        let own = #"{"id":"x","type":"io.signalbox.guard.created","subject":"guards/g","time":"2026-01-31T12:00:00.003Z","sequence":"1","data":{"guard":{"name":"g"},"actor":{"name":"a","kind":"system"},"request":{"id":"","address":"","userAgent":"","method":""}}}"#
        let api = try JSONValue.parse(try export(.ocsf, own))["api"]
        #expect(api?["operation"]?.string == "CreateGuard" && api?["request"] == nil)
    }

    @Test("a syslog message is RFC 5424's: counted, with structured data, in ASCII")
    func syslog() throws {
        var out: [UInt8] = []
        let event = try JSONValue.parse(Self.event)
        SyslogMessage.append(event, to: &out)
        let text = String(decoding: out, as: UTF8.self)
        let message = SyslogMessage.message(event)
        #expect(text.hasPrefix("\(message.count) <108>1 2026-01-31T12:00:00.003Z hub.example signalbox - tag.rejected [signalbox@32473 sequence=\"104\""))
        #expect(text.contains(#" principal="=cmd|' /C calc'!A0""#) && out.allSatisfy { $0 >= 0x20 && $0 < 0x7F })
        #expect(out.count == message.count + "\(message.count) ".utf8.count)
        let json = try JSONValue.parse(String(text[text.firstRange(of: "] {")!.lowerBound...].dropFirst(2)))
        #expect(json == event)
        let hostile = try JSONValue.parse(#"{"type":"x\"y]","data":{"actor":{"name":"a\"]\\\nb 😀"},"registry":"h o\u0001st"},"sequence":"1"}"#)
        let line = String(decoding: SyslogMessage.message(hostile), as: UTF8.self)
        #expect(line.hasPrefix(#"<110>1 - host signalbox - x"y] [signalbox@32473 sequence="1" type="x\"y\]""#) && line.contains(#"principal="a\"\]\\ b 😀""#))
        #expect(line.contains("\\ud83d\\ude00") && !line.contains("\n"))
    }
}
