import Events
import OCI
import Testing

@testable import Scanning

/// Reports as their scanners write them, made up for these tests.
enum Reports {
    static let trivy = """
        {"SchemaVersion": 2, "ReportID": "1", "ArtifactName": "app:1", "ArtifactType": "container_image", "Trivy": {"Version": "0.68.1"},
         "Metadata": {"OS": {"Family": "debian", "Name": "12"}, "ImageConfig": {"config": {"Env": ["A=\\"\\u00e9\\ud83d\\ude00\\""]}}},
         "Results": [
          {"Target": "app:1 (debian 12)", "Class": "os-pkgs", "Type": "debian", "Vulnerabilities": [
           {"VulnerabilityID": "CVE-1", "PkgName": "libc6", "FixedVersion": "2.37", "Status": "fixed", "Severity": "CRITICAL", "CVSS": {"nvd": {"V3Score": 9.8}}},
           {"VulnerabilityID": "CVE-2", "PkgName": "libc6", "Severity": "HIGH", "Status": "affected"},
           {"VulnerabilityID": "CVE-3", "PkgName": "tar", "FixedVersion": "", "Severity": "LOW"},
           {"VulnerabilityID": "CVE-4", "PkgName": "tar", "Severity": "UNKNOWN"}, {"VulnerabilityID": "CVE-5"}]},
          {"Target": "go.mod", "Class": "lang-pkgs", "Vulnerabilities": null},
          {"Target": "Dockerfile", "Class": "config", "Misconfigurations": [
           {"ID": "DS002", "Severity": "HIGH", "Status": "FAIL"}, {"ID": "DS026", "Severity": "LOW", "Status": "PASS"}]},
          {"Target": "/key.pem", "Class": "secret", "Secrets": [{"RuleID": "private-key", "Severity": "HIGH", "Match": "---"}]},
          {"Target": "OS Packages", "Class": "license", "Licenses": [{"Severity": "MEDIUM", "Name": "MPL-2.0"}]}
         ]}
        """

    static let grype = """
        {"matches": [
          {"vulnerability": {"id": "CVE-1", "severity": "Critical", "fix": {"versions": ["1.2"], "state": "fixed"}}, "relatedVulnerabilities": [{"severity": "Low"}],
           "artifact": {"name": "a", "metadata": {"severity": "High"}}},
          {"vulnerability": {"id": "CVE-2", "severity": "Negligible", "fix": {"versions": [], "state": "wont-fix"}}},
          {"vulnerability": {"id": "CVE-3", "severity": "Unknown", "fix": {"versions": [], "state": "unknown"}}}, {"artifact": {"name": "b"}}],
         "ignoredMatches": [{"vulnerability": {"severity": "High", "fix": {"state": "fixed"}}}],
         "source": {"type": "image", "target": {"manifestDigest": "sha256:00"}}, "distro": {"name": "debian"},
         "descriptor": {"name": "grype", "version": "0.87.0", "db": {"status": {"valid": true}}}}
        """

    /// The results stand before the tool, as the order of members is free.
    static let sarif = """
        {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [{
          "results": [
           {"ruleId": "CVE-1-a", "ruleIndex": 0, "message": {"text": "x"}}, {"ruleId": "CVE-1-a", "ruleIndex": 0, "level": "note"},
           {"ruleId": "CVE-2-b", "ruleIndex": 0, "level": "error"}, {"ruleIndex": 1, "level": "error"}, {"rule": {"id": "EXT1"}},
           {"ruleId": "CVE-1-a/part"}, {"ruleId": "none", "level": "error"}, {"ruleId": "none", "level": "none"}, {"ruleId": "none"}, {"ruleId": "levelled"},
           {"ruleId": "none", "properties": {"security-severity": "4.0"}},
           {"ruleId": "CVE-1-a", "kind": "pass"}, {"ruleId": "CVE-1-a", "kind": "fail", "baselineState": "absent"},
           {"ruleId": "CVE-1-a", "suppressions": [{"kind": "external", "status": "accepted"}]},
           {"ruleId": "CVE-1-a", "suppressions": [{"kind": "external"}]}, {"ruleId": "CVE-1-a", "suppressions": []},
           {"ruleId": "CVE-1-a", "suppressions": [{"kind": "external", "status": "accepted"}, {"kind": "inSource", "status": "rejected"}]}],
          "tool": {"driver": {"name": "Grype", "semanticVersion": "1.0.0", "version": "0.87.0", "rules": [
            {"id": "CVE-1-a", "defaultConfiguration": {"level": "note"}, "properties": {"security-severity": "9.8", "tags": ["LOW"]}},
            {"id": "CVE-2-b", "properties": {"security-severity": "0.5"}}, {"id": "levelled", "defaultConfiguration": {"level": "error"}}]},
           "extensions": [{"name": "e", "rules": [{"id": "EXT1", "properties": {"security-severity": 7.0}}]}]}}]}
        """

    static let trivySARIF = """
        {"version": "2.1.0", "runs": [{"tool": {"driver": {"fullName": "Trivy Vulnerability Scanner", "name": "Trivy", "version": "0.58.1", "rules": [
          {"id": "CVE-1", "name": "OsPackageVulnerability", "properties": {"precision": "very-high", "security-severity": "9.8", "tags": ["vulnerability", "security", "MEDIUM"]}}]}},
          "results": [{"ruleId": "CVE-1", "ruleIndex": 0, "level": "warning"}, {"ruleId": "CVE-1", "ruleIndex": 0, "level": "warning"}]}]}
        """

    static func read(_ format: ReportFormat, _ text: String, piece: Int = .max) throws -> ScanSummary {
        var reader = ReportReader(format)
        let bytes = Array(text.utf8)
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + min(piece, bytes.count))
            try reader.feed(bytes[start..<end])
            start = end
        }
        return try reader.finish()
    }
}

extension ScanSummary {
    /// From critical to unknown.
    var numbers: [Int64] { Severity.allCases.reversed().map { counts[$0] } }
}

@Suite struct ReportTests {
    @Test("Trivy's JSON is counted: vulnerabilities, secrets, failed checks and licences")
    func trivy() throws {
        let summary = try Reports.read(.trivy, Reports.trivy)
        #expect(summary.scanner == "Trivy" && summary.scannerVersion == "0.68.1")
        #expect(summary.numbers == [1, 3, 1, 1, 0, 2])
        #expect(summary.fixable == 1)
        #expect(summary.worst == .critical)
        #expect(summary.counts.total == 8)
    }

    @Test("a Trivy report without findings is one with none")
    func clean() throws {
        let metadata = #""Metadata": {"OS": {"Family": "alpine", "Name": "3.20.3"}}"#
        for members in [#""Results":[{"Target":"a"}]"#, #"\#(metadata), "Results": [{"Target": "a (alpine 3.20.3)", "Class": "os-pkgs", "Type": "alpine"}]"#] {
            let summary = try Reports.read(.trivy, #"{"SchemaVersion": 2, \#(members)}"#)
            #expect(summary.counts.total == 0 && summary.worst == nil && summary.fixable == 0 && summary.scannerVersion == nil)
        }
    }

    @Test("a Trivy report on an image in which nothing was checked is not one of a clean image", arguments: [
        "", #", "Results": null"#, #", "Results": []"#, #", "Results": [null]"#,
        #", "ArtifactType": "container_image", "Metadata": {"ImageConfig": {"os": "linux"}}"#,
        #", "ArtifactType": "container_image", "Metadata": {"OS": {"Family": "fedora", "Name": "41"}}"#,
    ])
    func unchecked(members: String) throws {
        let error = #expect(throws: ScanError.self) { try Reports.read(.trivy, #"{"SchemaVersion": 2\#(members)}"#) }
        #expect(error?.code == .invalid && error?.message.contains("the report has no Results, so nothing in the image was checked") == true)
        #expect(error?.message.contains("it saw the system fedora") == members.contains("fedora"))
    }

    @Test("a Trivy report of a scan for other things is none for vulnerabilities", arguments: [["secret"], ["secret", "config", "license"]])
    func otherClasses(classes: [String]) throws {
        func report(_ classes: [String]) -> String {
            #"{"SchemaVersion": 2, "Results": [\#(classes.map { #"{"Target": "a", "Class": "\#($0)"}"# }.joined(separator: ","))]}"#
        }
        let error = #expect(throws: ScanError.self) { try Reports.read(.trivy, report(classes)) }
        #expect(error?.code == .invalid && error?.message.contains("(\(classes.sorted().joined(separator: ", ")))") == true, "\(error?.message ?? "")")
        for packages in ["os-pkgs", "lang-pkgs"] {
            #expect(try Reports.read(.trivy, report(classes + [packages])).counts.total == 0)
        }
    }

    @Test("a Trivy report that says that it is of another image is refused", arguments: [
        (#""ArtifactName": "hub/team/app@DIGEST""#, true), (#""ArtifactName": "hub/team/app@OTHER""#, false), (#""ArtifactName": "hub/team/app:1""#, true),
        (#""Metadata": {"RepoDigests": ["hub/team/app@OTHER"]}"#, false), (#""Metadata": {"RepoDigests": ["team/app@OTHER", "hub/team/app@DIGEST"]}"#, true),
        (#""Metadata": {"RepoDigests": ["docker.io/library/debian@OTHER"]}"#, true), (#""Metadata": {"RepoDigests": ["hub/other-team/app@OTHER"]}"#, true),
        (#""ArtifactName": "hub/team/app@OTHER", "Metadata": {"RepoDigests": ["hub/team/app@DIGEST"]}"#, true), (#""Metadata": {"RepoDigests": null}"#, true),
        (#""Metadata": {"RepoDigests": ["", "@", "team/app", "team/app@latest"]}"#, true),
    ])
    func otherImage(members: String, isRight: Bool) throws {
        try Self.check(.trivy, #"{"SchemaVersion": 2, "Results": [{"Class": "os-pkgs"}], \#(members)}"#, isRight: isRight)
    }

    private static func check(_ format: ReportFormat, _ text: String, isRight: Bool) throws {
        func digest(_ letter: Character) -> String { "sha256:" + String(repeating: letter, count: 64) }
        var reader = ReportReader(format)
        try reader.feed(Array(text.replacing("DIGEST", with: digest("a")).replacing("OTHER", with: digest("b")).utf8)[...])
        let image = (try #require(RepositoryName("team/app")), try #require(Digest(digest("a"))))
        do {
            _ = try reader.finish(on: image)
            #expect(isRight)
        } catch {
            #expect(!isRight && error.code == .invalid && error.message.contains("is of the image \(digest("b")), not of \(digest("a"))"), "\(error)")
        }
    }

    @Test("a Grype report that says that it is of another image is refused; one of a folder says nothing", arguments: [
        (#"{"type": "image", "target": {"userInput": "hub/team/app@DIGEST"}}"#, true), (#"{"type": "image", "target": {"userInput": "registry:hub/team/app@OTHER"}}"#, false),
        (#"{"type": "image", "target": {"userInput": "hub/team/app:1", "repoDigests": ["hub/team/app@OTHER"]}}"#, false),
        (#"{"type": "image", "target": {"userInput": "hub/team/app:1", "repoDigests": ["hub/team/app@DIGEST"]}}"#, true),
        (#"{"type": "image", "target": {"userInput": "hub/team/app@OTHER", "manifestDigest": "DIGEST"}}"#, true),
        (#"{"type": "image", "target": {"userInput": "hub/team/app:1", "manifestDigest": "OTHER", "repoDigests": []}}"#, true),
        (#"{"type": "image", "target": {"userInput": "hub/team/app:1", "repoDigests": ["docker.io/library/debian@OTHER"]}}"#, true),
        (#"{"type": "directory", "target": "/srv/app"}"#, true), (#"{"type": "image", "target": null}"#, true), ("null", true),
    ])
    func otherImageOfGrype(source: String, isRight: Bool) throws {
        try Self.check(.grype, #"{"matches": [], "source": \#(source), "descriptor": {"name": "grype"}}"#, isRight: isRight)
    }

    @Test("SARIF that says that it is of another image is refused, as Trivy and Grype say it", arguments: [
        (#""properties": {"imageName": "hub/team/app@OTHER"}"#, false), (#""properties": {"imageName": "hub/team/app@DIGEST"}"#, true),
        (#""properties": {"imageName": "hub/team/app:1", "repoDigests": ["hub/team/app@OTHER"], "repoTags": ["hub/team/app:1"]}"#, false),
        (#""properties": {"imageName": "hub/team/app:1", "repoDigests": ["hub/team/app@DIGEST"]}"#, true), (#""properties": {"other": [1, {"a": 2}]}"#, true),
    ])
    func otherImageOfSARIF(members: String, isRight: Bool) throws {
        try Self.check(.sarif, #"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "Trivy"}}, "results": [], \#(members)}]}"#, isRight: isRight)
    }

    @Test("where Grype's SARIF says what was scanned, in the places of its results, that counts, and no layer's digest does", arguments: [
        ("hub/team/app@OTHER@sha256:1f:/lib/apk/db", false), ("hub/team/app@DIGEST@sha256:1f:/lib/apk/db", true),
        ("hub/team/app:1@OTHER:/lib/apk/db", true), ("a@b@sha256:", true), ("@@", true), ("", true),
    ])
    func placesInSARIF(name: String, isRight: Bool) throws {
        let result = #"{"ruleId": "CVE-1", "locations": [{"logicalLocations": [{"fullyQualifiedName": "\#(name)"}]}]}"#
        try Self.check(.sarif, #"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "Grype"}}, "results": [\#(result)]}]}"#, isRight: isRight)
    }

    @Test("Grype's JSON is counted, without what it ignores")
    func grype() throws {
        let summary = try Reports.read(.grype, Reports.grype)
        #expect(summary.scanner == "grype" && summary.scannerVersion == "0.87.0")
        #expect(summary.numbers == [1, 0, 0, 0, 1, 2])
        #expect(summary.fixable == 1)
        #expect(try Reports.read(.grype, #"{"matches": [], "descriptor": {"name": "grype"}}"#).counts.total == 0)
    }

    @Test("SARIF is counted by the severity of rules, wherever they stand")
    func sarif() throws {
        let summary = try Reports.read(.sarif, Reports.sarif)
        #expect(summary.scanner == "Grype" && summary.scannerVersion == "0.87.0")
        // Critical: CVE-1-a twice and its part, and three whose suppression nobody has accepted.
        #expect(summary.numbers == [6, 3, 2, 2, 1, 0])
        #expect(summary.fixable == nil)
    }

    @Test("Trivy's own severity comes before the score in its SARIF")
    func trivySARIF() throws {
        #expect(try Reports.read(.sarif, Reports.trivySARIF).numbers == [0, 0, 2, 0, 0, 0])
        let other = Reports.trivySARIF.replacing(#""name": "Trivy""#, with: #""name": "Other""#)
        #expect(try Reports.read(.sarif, other).numbers == [2, 0, 0, 0, 0, 0])
    }

    @Test("a score is a severity by CVSS's names", arguments: [
        (10.0, Severity.critical), (9.0, .critical), (8.9, .high), (7.0, .high), (6.9, .medium), (4.0, .medium), (3.9, .low), (0.1, .low), (0, .negligible), (-1, .negligible),
    ])
    func scores(score: Double, severity: Severity) {
        #expect(Severity(score: score) == severity)
    }

    @Test("however a report is cut into pieces, it says the same", arguments: [1, 2, 3, 7, 64, 1000])
    func pieces(size: Int) throws {
        for (format, text) in [(ReportFormat.trivy, Reports.trivy), (.grype, Reports.grype), (.sarif, Reports.sarif), (.sarif, Reports.trivySARIF)] {
            #expect(try Reports.read(format, text, piece: size) == Reports.read(format, text))
        }
    }

    @Test("a report of another format, or of another version, is refused", arguments: [
        (ReportFormat.trivy, Reports.grype), (.trivy, Reports.sarif), (.grype, Reports.trivy), (.grype, Reports.sarif), (.sarif, Reports.trivy), (.sarif, Reports.grype),
        (.trivy, #"{"SchemaVersion": 1}"#), (.trivy, #"{"SchemaVersion": "2x"}"#), (.trivy, "{}"), (.trivy, "[]"), (.trivy, "1"), (.sarif, #"{"version": "2.0.0", "runs": []}"#),
        (.sarif, #"{"version": "2.1.0", "runs": []}"#), (.sarif, #"{"version": "2.1.0", "runs": [{}]}"#), (.grype, #"{"matches": []}"#), (.grype, #"{"descriptor": {"name": "grype"}}"#),
        (.grype, #"{"matches": null, "descriptor": {"name": "grype"}}"#),
        (.sarif, #"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}}]}"#),
        (.sarif, #"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": null}]}"#),
        (.sarif, #"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": []}, {"tool": {"driver": {"name": "y"}}}]}"#),
        (.sarif, #"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": [], "invocations": [{"executionSuccessful": false}]}]}"#),
        (.trivy, #"{"SchemaVersion": 2, "Results": {}}"#), (.trivy, #"{"SchemaVersion": 2, "Results": "none"}"#), (.trivy, #"{"SchemaVersion": 2, "Results": [1]}"#),
        (.trivy, #"{"SchemaVersion": 2, "Results": [{"Vulnerabilities": [{"Severity": ["HIGH"]}]}]}"#),
        (.trivy, #"{"SchemaVersion": 2, "Results": [], "Results": []}"#), (.grype, #"{"matches": [{"vulnerability": {"severity": "High", "severity": "Low"}}], "descriptor": {"name": "g"}}"#),
    ])
    func refuses(format: ReportFormat, text: String) {
        let error = #expect(throws: ScanError.self) { try Reports.read(format, text) }
        #expect(error?.code == .invalid)
        #expect(error?.message.contains("report") == true && error?.message.contains("report in the report") == false)
    }

    @Test("SARIF of a scan that went well and found nothing is a clean report")
    func cleanSARIF() throws {
        let text = #"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": [], "invocations": [{"executionSuccessful": true}]}]}"#
        #expect(try Reports.read(.sarif, text).counts.total == 0)
    }

    @Test("a report that is too large, or has too many rules, is refused")
    func tooLarge() throws {
        var reader = ReportReader(.trivy)
        let space = [UInt8](repeating: 0x20, count: 1 << 20)
        for _ in 0..<32 { try reader.feed(space[...]) }
        let error = #expect(throws: ScanError.self) { try reader.feed([0x20]) }
        #expect(error?.code == .tooLarge)
        let rules = (0...SARIFRun.maximumRules).map { #"{"id":"\#($0)"}"# }.joined(separator: ",")
        let many = #"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x","rules":[\#(rules)]}}}]}"#
        let second = #expect(throws: ScanError.self) { try Reports.read(.sarif, many) }
        #expect(second?.code == .tooLarge)
    }

    @Test("a name that is too long for the log is cut, a text that is absurdly long is refused")
    func names() throws {
        let name = String(repeating: "é", count: 200)
        #expect(try Reports.read(.grype, #"{"matches": [], "descriptor": {"name": "\#(name)"}}"#).scanner.count == 128)
        let absurd = String(repeating: "x", count: 5_000)
        #expect(throws: ScanError.self) { try Reports.read(.grype, #"{"matches": [], "descriptor": {"name": "\#(absurd)"}}"#) }
        #expect(try Reports.read(.grype, #"{"matches": [], "other": "\#(absurd)", "descriptor": {"name": "g"}}"#).scanner == "g")
    }
}
