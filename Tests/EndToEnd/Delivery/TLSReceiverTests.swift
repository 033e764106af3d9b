import Foundation
import JSON
import Testing

extension EndToEnd {
    @Suite("TLS", .enabled("needs openssl and python3") { isContinuousIntegration || (isInstalled("openssl") && isInstalled("python3")) })
    struct TLSTests {
        /// An authority, another one, and certificates by the first for a server and a client.
        func certificates() throws -> TemporaryFolder {
            let folder = try TemporaryFolder()
            func make(_ name: String, _ more: [String] = []) throws {
                try succeed([
                    "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=\(name)",
                    "-keyout", "\(name).key", "-out", "\(name).pem",
                ] + more, folder: folder.path)
            }
            for name in ["ca", "other"] { try make(name, ["-addext", "keyUsage=critical,keyCertSign"]) }
            let byAuthority = ["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "basicConstraints=critical,CA:FALSE"]
            try make("server", byAuthority + ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
            try make("client", byAuthority)
            return folder
        }

        /// Says for each request whose certificate came with it.
        private static let receiver = """
            import http.server, ssl, sys
            class Handler(http.server.BaseHTTPRequestHandler):
                protocol_version = "HTTP/1.1"
                def do_POST(self):
                    self.rfile.read(int(self.headers["content-length"]))
                    shown = self.connection.getpeercert() or {}
                    names = [value for part in shown.get("subject", ()) for key, value in part if key == "commonName"]
                    print("received from", *(names or ["nobody"]), "resumed" if self.connection.session_reused else "new", flush=True)
                    self.send_response(204)
                    self.send_header("Connection", "close")
                    self.end_headers()
                def log_message(self, *words): pass
            class Server(http.server.ThreadingHTTPServer):
                def handle_error(self, request, address): pass
                def finish_request(self, request, address):
                    try: wrapped = context.wrap_socket(request, server_side=True)
                    except OSError as error: return print("refused", error, flush=True)
                    self.RequestHandlerClass(wrapped, address, self)
                    wrapped.close()
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain("server.pem", "server.key")
            if sys.argv[1] == "required":
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations("ca.pem")
            server = Server(("127.0.0.1", 0), Handler)
            print("receiving on", server.server_port, flush=True)
            server.serve_forever()
            """

        func start(_ folder: TemporaryFolder, client: String) throws -> (child: Child, url: String) {
            let script = try folder.write("receiver.py", Self.receiver)
            let child = try Child(["env", "-C", folder.path, "python3", script, client])
            let port = try child.line(containing: "receiving on").split(separator: " ").last
            return (child, "https://localhost:\(port ?? "")/hook")
        }

        private func tls(_ folder: TemporaryFolder, _ files: [(member: String, file: String)]) throws -> String {
            var object = JSONObject()
            for (member, file) in files {
                object[member] = .string(try String(contentsOfFile: folder.path + "/" + file, encoding: .utf8))
            }
            return #""tls": \#(String(decoding: JSONValue.object(object).encoded, as: UTF8.self)), "retry": {"schedule": [1, 1, 1, 1]}"#
        }

        @Test("a receiver is believed by the authorities of its webhook, sees its client certificate, and resumes its session")
        func clientCertificate() throws {
            let folder = try certificates()
            let receiver = try start(folder, client: "required")
            let hub = try Hub()
            _ = try hub.addWebhook(
                receiver.url, settings: try tls(folder, [("authorities", "ca.pem"), ("certificate", "client.pem"), ("key", "client.key")]))
            for number in 1...4 {
                try hub.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)")
                _ = try receiver.child.line(containing: "received from client")
            }
            _ = try receiver.child.line(containing: "received from client resumed")
            let log = try hub.events().map { String(decoding: $0.encoded, as: UTF8.self) }.joined()
            #expect(!log.contains("PRIVATE KEY"))
        }

        @Test("a receiver with a certificate by others gets nothing, and the webhook says why", arguments: ["other.pem", nil])
        func wrongCertificate(authority: String?) throws {
            let folder = try certificates()
            let receiver = try start(folder, client: "none")
            let hub = try Hub()
            let webhook = try hub.addWebhook(receiver.url, settings: authority.map { try tls(folder, [("authorities", $0)]) })
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            _ = try receiver.child.line(containing: "refused")
            try hub.wait(for: "the reason") {
                let shown = try $0.request("GET", "/api/v1/webhooks/\(webhook.id)")
                return try shown.json["lastAttempt"]?.encodedText.contains("certificate") == true
            }
            #expect(!receiver.child.output.contains("received"))
        }
    }
}
