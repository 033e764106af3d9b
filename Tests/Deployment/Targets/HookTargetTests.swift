import Foundation
import HTTP
import JSON
import TestSupport
import Testing

@testable import Deployment

@Suite("the hook target", .timeLimit(.minutes(5)))
struct HookTargetTests {
    @Test func aHookGetsTheEventAndTheFactsOfTheDeployment() async throws {
        let bench = try TargetBench()
        try bench.addHook("show", "#!/bin/sh\nprintf '<%s>' \"$@\"; echo; cat; echo; env | grep ^SIGNALBOX_ | sort\n")
        let request = DeploymentRequest.sample()
        let result = try await bench.deploy(#"{"type": "hook", "name": "show", "arguments": ["--service", "two words"]}"#, request)
        #expect(result == .succeeded(summary: "the hook show ended well"))
        #expect(bench.text == """
            <--service><two words>
            \(String(decoding: request.event, as: UTF8.self))
            SIGNALBOX_ATTEMPT=1
            SIGNALBOX_DEPLOYMENT=dep_42_0badcafe
            SIGNALBOX_DIGEST=\(DeploymentRequest.digest)
            SIGNALBOX_ENVIRONMENT=production
            SIGNALBOX_EVENT_ID=01937c5e-8a4b-7c3d-9e2f-1a2b3c4d5e6f
            SIGNALBOX_EVENT_TYPE=io.signalbox.image.pushed
            SIGNALBOX_IMAGE=registry.example.com:5000/production/shop:1.4.2@\(DeploymentRequest.digest)
            SIGNALBOX_PREVIOUS_DIGEST=
            SIGNALBOX_REGISTRY=registry.example.com:5000
            SIGNALBOX_REPOSITORY=production/shop
            SIGNALBOX_TAG=1.4.2
            SIGNALBOX_TRIGGER=shop

            """)
    }

    @Test func aHookInheritsNothingElseOfTheHubsEnvironment() async throws {
        setenv("SECRET_OF_THE_HUB", "visible", 1)
        let bench = try TargetBench()
        try bench.addHook("show", "#!/bin/sh\nenv\n")
        _ = try await bench.deploy(#"{"type": "hook", "name": "show", "environment": {"SERVICE": "web"}}"#)
        let names = Set(bench.text.split(separator: "\n").compactMap { $0.split(separator: "=").first.map(String.init) })
        #expect(names.filter { !$0.hasPrefix("SIGNALBOX_") }.subtracting(["PATH", "HOME", "LANG", "SERVICE", "PWD", "_", "SHLVL", "OLDPWD"]).isEmpty)
        #expect(bench.text.contains("SERVICE=web\n"))
    }

    @Test func aSecretReachesTheHookAndIsHiddenWhereItIsEchoed() async throws {
        let bench = try TargetBench(secrets: ["token": "s3cr3t/t0ken+value"])
        try bench.addHook("leak", "#!/bin/sh\nprintf '%s' \"$TOKEN\" | wc -c; echo \"it is $TOKEN.\"; printf 's3cr3t'; sleep 0.05; echo '/t0ken+value'\n")
        let result = try await bench.deploy(#"{"type": "hook", "name": "leak", "environment": {"TOKEN": {"secret": "token"}}}"#)
        #expect(result.summary != nil)
        #expect(bench.text == "18\nit is ***.\n***\n")
    }

    @Test func aSecretIsHiddenWhenAHookWritesToBothStreamsInTheMiddleOfIt() async throws {
        let bench = try TargetBench(secrets: ["token": "s3cr3t/t0ken+value"])
        try bench.addHook("leak", "#!/bin/sh\nprintf 's3cr3t/'; printf '50 %%\\n' >&2; printf 't0ken'; printf '60 %%\\n' >&2; printf '+value\\n'\n")
        _ = try await bench.deploy(#"{"type": "hook", "name": "leak", "environment": {"TOKEN": {"secret": "token"}}}"#)
        #expect(bench.text == "***50 %\n***60 %\n***\n")
    }

    @Test func aSecretThatIsNotConfiguredIsAnErrorWhenTheTargetIsMade() async throws {
        let bench = try TargetBench()
        let error = await #expect(throws: DeploymentError.self) {
            try await bench.deploy(#"{"type": "hook", "name": "x", "environment": {"TOKEN": {"secret": "token"}}}"#)
        }
        #expect(try #require(error).message.contains("\"token\""))
    }

    @Test("The exit code decides", arguments: [(1, true), (3, true), (75, true), (64, false), (77, false), (78, false)])
    func exitCodes(code: Int, isRetryable: Bool) async throws {
        let bench = try TargetBench()
        try bench.addHook("fail", "#!/bin/sh\nexit \(code)\n")
        let result = try await bench.deploy(#"{"type": "hook", "name": "fail"}"#)
        #expect(result == .failed(reason: "the hook fail ended with exit code \(code)", isRetryable: isRetryable))
        #expect(bench.text == "failed: the hook fail ended with exit code \(code)\n")
    }

    @Test("The last line of a hook that fails is the reason, without secrets", arguments: [
        ("echo working; echo 'no such service: web' >&2; echo", ": no such service: web"), ("echo \"$TOKEN is wrong\"", ": *** is wrong"),
        ("head -c 5000 /dev/zero | tr '\\0' x", ": " + String(repeating: "x", count: 200) + "..."), ("printf '\\033[31mred\\n'", ":  [31mred"), (":", ""),
    ])
    func lastWords(script: String, words: String) async throws {
        let bench = try TargetBench(secrets: ["token": "s3cr3t/t0ken"])
        try bench.addHook("fail", "#!/bin/sh\n\(script)\nexit 1\n")
        let result = try await bench.deploy(#"{"type": "hook", "name": "fail", "environment": {"TOKEN": {"secret": "token"}}}"#)
        #expect(result == .failed(reason: "the hook fail ended with exit code 1\(words)", isRetryable: true))
    }

    @Test func aFloodOfOutputIsKeptBounded() async throws {
        let bench = try TargetBench()
        try bench.addHook("flood", "#!/bin/sh\necho first; head -c 20000000 /dev/zero | tr '\\0' x; echo; echo last\n")
        #expect(try await bench.deploy(#"{"type": "hook", "name": "flood"}"#).summary != nil)
        let kept = bench.output.content()
        #expect(kept.count < (1 << 20) + 100)
        #expect(kept.starts(with: Array("first\nxxx".utf8)) && bench.text.hasSuffix("xxx\nlast\n"))
        #expect(bench.text.contains("bytes left out"))
    }

    @Test func aHookThatTakesTooLongIsEndedAndMayBeTriedAgain() async throws {
        let bench = try TargetBench()
        try bench.addHook("slow", "#!/bin/sh\nwhile :; do sleep 0.05; done\n")
        let result = try await bench.deploy(#"{"type": "hook", "name": "slow", "killAfter": 0}"#, timeout: 200)
        #expect(result == .failed(reason: "the hook slow took too long and was ended", isRetryable: true))
    }

    @Test("A name that leads out of the folder is refused", arguments: ["../x", "/bin/sh", "a/b", ".", "..", ".hidden", "-rf", "a b", "x\\u0000y", ""])
    func badNames(name: String) throws {
        let error = try #require(try targetRefusal(#"{"type": "hook", "name": "\#(name)"}"#))
        #expect(error.pointer == "/target/name")
    }

    @Test func theLongestArgumentAndVariableThatAreTakenReachTheHook() async throws {
        let bench = try TargetBench()
        try bench.addHook("count", "#!/bin/sh\nprintf '%s' \"$1\" | wc -c; printf '%s' \"$A\" | wc -c\n")
        let (argument, value) = (String(repeating: "x", count: 131_071), String(repeating: "y", count: 131_069))
        let result = try await bench.deploy(
            #"{"type": "hook", "name": "count", "arguments": ["\#(argument)"], "environment": {"A": "\#(value)"}}"#)
        #expect(result.summary != nil, "\(result)")
        #expect(bench.text == "131071\n131069\n")
    }

    @Test("a value with a zero byte reaches no hook, whole or cut", arguments: [
        #""arguments": ["{{data.platforms.0}}"]"#, #""environment": {"PLATFORM": "{{data.platforms.0}}"}"#,
    ])
    func zeroByte(setting: String) async throws {
        let bench = try TargetBench()
        try bench.addHook("show", "#!/bin/sh\necho started\n")
        let request = DeploymentRequest.sample(event: #"{"data": {"platforms": ["linux\u0000/amd64"]}}"#)
        let result = try await bench.deploy(#"{"type": "hook", "name": "show", \#(setting)}"#, request)
        let reason = "an argument or a variable of the hook show has a zero byte, with which no program can be started"
        #expect(result == .failed(reason: reason, isRetryable: false))
        #expect(bench.text == "failed: \(reason)\n", "it was not started")
    }

    @Test func aLinkOutOfTheFolderIsRefused() async throws {
        let bench = try TargetBench()
        try FileManager.default.createSymbolicLink(atPath: bench.folder.path + "/hooks/link", withDestinationPath: "/bin/true")
        let result = try await bench.deploy(#"{"type": "hook", "name": "link"}"#)
        #expect(result.reason?.contains("symbolic link") == true)
        #expect(result.isRetryable == false)
    }

    @Test("What cannot be run says why", arguments: [
        ("missing", nil, 0, "there is no hook \"missing\""), ("plain", "#!/bin/sh\n", 0o644, "is not executable: chmod +x"),
        ("open", "#!/bin/sh\n", 0o777, "may be changed by anybody"), ("text", "echo\n", 0o755, "#!/bin/sh"),
        ("lost", "#!/nonexistent/shell\n", 0o755, "interpreter"),
    ] as [(String, String?, Int, String)])
    func unusable(name: String, script: String?, mode: Int, reason: String) async throws {
        let bench = try TargetBench()
        if let script { try bench.addHook(name, script, mode: mode) }
        let result = try await bench.deploy(#"{"type": "hook", "name": "\#(name)"}"#)
        #expect(result.reason?.contains(reason) == true, "\(result)")
        #expect(result.isRetryable == false)
    }

    @Test func aFolderThatAnybodyMayChangeIsNoHooksFolder() async throws {
        let bench = try TargetBench()
        try bench.addHook("x", "#!/bin/sh\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: bench.folder.path + "/hooks")
        #expect(try await bench.deploy(#"{"type": "hook", "name": "x"}"#).reason?.contains("the hooks folder") == true)
    }

    @Test func withoutAHooksFolderThereIsNoHookTarget() throws {
        let factory = TargetFactory(
            hooksFolder: nil, secrets: SecretValues(), policy: .publicOnly, userAgent: "test", loops: try #require(TargetBench.loops), pool: TargetBench.pool)
        let spec = try TargetSpec(JSONValue.parse(#"{"type": "hook", "name": "x"}"#))
        let error = #expect(throws: DeploymentError.self) { try factory.make(spec) }
        #expect(try #require(error).message.contains("deployments: {hooks: PATH}"))
    }

    @Test("Settings that cannot work are refused with their place", arguments: [
        (#"{"type": "hook"}"#, "/target/name"), (#"{"type": "hook", "name": "x", "nmae": "y"}"#, "/target/nmae"),
        (#"{"type": "hook", "name": "x", "arguments": "a"}"#, "/target/arguments"),
        (#"{"type": "hook", "name": "x", "arguments": ["a", 1]}"#, "/target/arguments/1"),
        (#"{"type": "hook", "name": "x", "environment": {"LD_PRELOAD": "x"}}"#, "/target/environment/LD_PRELOAD"),
        (#"{"type": "hook", "name": "x", "environment": {"PATH": "x"}}"#, "/target/environment/PATH"),
        (#"{"type": "hook", "name": "x", "environment": {"GIT_SSH_COMMAND": "x"}}"#, "/target/environment/GIT_SSH_COMMAND"),
        (#"{"type": "hook", "name": "x", "environment": {"GIT_CONFIG_COUNT": "1"}}"#, "/target/environment/GIT_CONFIG_COUNT"),
        (#"{"type": "hook", "name": "x", "environment": {"GIT_TRACE2_EVENT": "/etc/x"}}"#, "/target/environment/GIT_TRACE2_EVENT"),
        (#"{"type": "hook", "name": "x", "environment": {"TAR_OPTIONS": "--checkpoint-action=exec=x"}}"#, "/target/environment/TAR_OPTIONS"),
        (#"{"type": "hook", "name": "x", "environment": {"SIGNALBOX_TAG": "x"}}"#, "/target/environment/SIGNALBOX_TAG"),
        (#"{"type": "hook", "name": "x", "environment": {"A B": "x"}}"#, "/target/environment/A B"),
        (#"{"type": "hook", "name": "x", "environment": {"A": {"secret": 1}}}"#, "/target/environment/A/secret"),
        (#"{"type": "hook", "name": "x", "folder": "relative"}"#, "/target/folder"),
        (#"{"type": "hook", "name": "x", "killAfter": 601}"#, "/target/killAfter"),
        (#"{"type": "hook", "name": "x", "arguments": ["a", "{{tag}}\#(String(repeating: "a", count: 131_072))"]}"#, "/target/arguments/1"),
        (#"{"type": "hook", "name": "x", "environment": {"A": "\#(String(repeating: "a", count: 131_070))"}}"#, "/target/environment/A"),
        (#"{"type": "hook", "name": "x", "environment": {"A": {"secret": "s", "prefix": "\#(String(repeating: "a", count: 131_070))"}}}"#, "/target/environment/A"),
        (#"{"type": "shell", "name": "x"}"#, "/target/type"), (#"{"name": "x"}"#, "/target/type"), (#"[]"#, "/target"),
    ])
    func badSettings(spec: String, pointer: String) throws {
        #expect(try #require(try targetRefusal(spec)).pointer == pointer)
    }
}
