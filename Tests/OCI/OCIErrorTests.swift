import JSON
import OCI
import Testing

@Test("an error body is the specification's")
func errorBody() throws {
    let body = OCIError.body([OCIError(.denied, "no \"x\"", detail: .object(JSONObject())), OCIError(.nameUnknown, "?")])
    #expect(
        String(decoding: body, as: UTF8.self)
            == #"{"errors":[{"code":"DENIED","message":"no \"x\"","detail":{}},{"code":"NAME_UNKNOWN","message":"?"}]}"#)
}
