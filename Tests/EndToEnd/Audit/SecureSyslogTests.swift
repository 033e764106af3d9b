import Foundation
import Testing

extension EndToEnd {
    @Suite("syslog over TLS", .enabled("needs openssl and python3") { isContinuousIntegration || (isInstalled("openssl") && isInstalled("python3")) })
    struct SecureSyslogTests {
        /// Prints the sequence of each message, which its length says the end of.
        private static let receiver = """
            import re, socket, ssl
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain("server.pem", "server.key")
            listener = socket.create_server(("127.0.0.1", 0))
            print("receiving on", listener.getsockname()[1], flush=True)
            while True:
                connection, _ = listener.accept()
                try: connection = context.wrap_socket(connection, server_side=True)
                except OSError as error:
                    print("refused", error, flush=True)
                    continue
                data = b""
                while True:
                    try: part = connection.recv(65536)
                    except OSError: break
                    if not part: break
                    data += part
                    while b" " in data and len(data) > data.index(b" ") + int(data[:data.index(b" ")]):
                        start = data.index(b" ") + 1
                        end = start + int(data[:start])
                        print("message", re.search(rb'sequence="([0-9]+)"', data[start:end]).group(1).decode(), flush=True)
                        data = data[end:]
            """

        @Test("gets every event at a receiver whose certificate is believed")
        func secure() throws {
            let folder = try TemporaryFolder()
            try succeed([
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", "server.key", "-out", "server.pem",
            ], folder: folder.path)
            let script = try folder.write("receiver.py", Self.receiver)
            let receiver = try Child(["env", "-C", folder.path, "python3", script])
            let port = try #require(try receiver.line(containing: "receiving on").split(separator: " ").last)
            let hub = try Hub()
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            #expect(try hub.terminate() == 0)
            let arguments = [
                Place.binary, "audit", "export", "--data", hub.data, "--syslog", "localhost:\(port)", "--tls", "--position", folder.path + "/position",
            ]
            let believed = try run(arguments + ["--ca", folder.path + "/server.pem"], seconds: 60)
            #expect(believed.status == 0, "\(believed)")
            _ = try receiver.line(containing: "message 1")
            _ = try receiver.line(containing: "message 2")
            #expect(try String(contentsOfFile: folder.path + "/position", encoding: .utf8).hasPrefix("2\n2 "))
        }
    }
}
