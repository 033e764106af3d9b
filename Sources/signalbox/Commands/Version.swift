import JSON
import Server

extension Command {
    static let version = Command(
        name: "version", summary: "Say which version this is.",
        options: [Option(name: "--json", help: "as a JSON object")],
        example: "signalbox version --json"
    ) { arguments in
        guard arguments.has("--json") else { return Terminal.out("signalbox \(Build.version)\n") }
        var json = JSONWriter()
        json.beginObject()
        json.member("version", Build.version)
        json.endObject()
        Terminal.line(json.bytes)
    }
}
