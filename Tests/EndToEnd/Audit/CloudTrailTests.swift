import JSON
import Testing

/// The Python that has AWS' own client, if there is one.
private let pythonWithBoto3: String? = [Place.package + "/.build/python/bin/python3", "python3"].first {
    (try? run([$0, "-c", "import boto3"]))?.status == 0
}

extension EndToEnd {
    @Suite("CloudTrail's LookupEvents, asked by boto3")
    struct CloudTrailTests {
        /// Prints a line of JSON for each step.
        private static let script = """
            import sys, json, datetime, boto3, botocore
            from botocore.config import Config
            client = boto3.client("cloudtrail", endpoint_url=sys.argv[1], region_name="eu-central-1", aws_access_key_id="AKIDEXAMPLE",
                                  aws_secret_access_key="secret", config=Config(retries={"max_attempts": 1}))
            def names(**query):
                events = client.lookup_events(**query)["Events"]
                print(json.dumps([e["EventName"] for e in events]))
                return events
            def by(key, value):
                return names(LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}])
            everything = names()
            record = json.loads(everything[0]["CloudTrailEvent"])
            print(json.dumps(record))
            print(json.dumps({"id": everything[0]["EventId"], "resources": everything[0]["Resources"], "user": everything[0]["Username"],
                              "time": isinstance(everything[0]["EventTime"], datetime.datetime)}))
            by("EventName", "PutImage")
            by("EventId", everything[0]["EventId"])
            by("ResourceName", "prod/shop")
            by("ResourceName", "releases")
            by("ResourceType", "AWS::ECR::Repository")
            by("EventSource", "signalbox.dev")
            by("Username", "anonymous")
            by("ReadOnly", "true")
            by("AccessKeyId", "AKIDEXAMPLE")
            by("EventName", "NoSuchEvent")
            now = datetime.datetime.now(datetime.timezone.utc)
            names(StartTime=now - datetime.timedelta(days=1), EndTime=now + datetime.timedelta(minutes=1))
            names(StartTime=now - datetime.timedelta(days=2), EndTime=now - datetime.timedelta(days=1))
            names(EventCategory="insight")
            pages = client.get_paginator("lookup_events").paginate(PaginationConfig={"PageSize": 2})
            print(json.dumps([e["EventName"] for page in pages for e in page["Events"]]))
            def error(code, call):
                try:
                    call()
                    print(json.dumps("no error"))
                except botocore.exceptions.ClientError as failure:
                    print(json.dumps([failure.response["Error"]["Code"], isinstance(failure, getattr(client.exceptions, code))]))
            error("InvalidTimeRangeException", lambda: client.lookup_events(StartTime=now, EndTime=now - datetime.timedelta(days=1)))
            error("InvalidMaxResultsException", lambda: client.lookup_events(MaxResults=51))
            error("InvalidNextTokenException", lambda: client.lookup_events(NextToken="nonsense"))
            error("InvalidLookupAttributesException", lambda: client.lookup_events(LookupAttributes=[{"AttributeKey": "Colour", "AttributeValue": "red"}]))
            token = client.lookup_events(MaxResults=1)["NextToken"]
            error("InvalidNextTokenException", lambda: client.lookup_events(NextToken=token, StartTime=now))
            error("InvalidEventCategoryException", lambda: client.lookup_events(EventCategory="colour"))
            """

        @Test("attributes, times, pages and errors are as AWS has them", .enabled("needs boto3") { isContinuousIntegration || pythonWithBoto3 != nil })
        func lookup() throws {
            let python = try #require(pythonWithBoto3, "the Python package boto3 is missing")
            let hub = try Hub()
            let image = Image(seed: 1)
            try hub.push(image, to: "prod/shop", as: "v1")
            try hub.protect("releases", repositories: "prod/**", tags: "v*")
            #expect(try hub.client().push(Image(seed: 2), to: "prod/shop", as: "v1").status == 403)
            try hub.push(Image(seed: 3), to: "team/app", as: "latest")
            #expect(try hub.client().request("DELETE", "/v2/team/app/manifests/latest").status == 202)
            let script = try hub.folder.write("lookup.py", Self.script)
            let lines = try succeed([python, script, hub.url]).split(separator: "\n").map { try JSONValue.parse(String($0)) }
            try #require(lines.count == 23, "\(lines)")
            func names(_ line: Int) -> [String] { (lines[line].array ?? []).compactMap(\.string) }
            let all = ["BatchDeleteImage", "PutImage", "CreateRepository", "PutImage", "CreateGuard", "PutImage", "CreateRepository"]
            #expect(names(0) == all)
            let record = lines[1]
            #expect(record["eventName"]?.string == "BatchDeleteImage" && record["eventSource"]?.string == "ecr.amazonaws.com")
            #expect(record["requestParameters"]?["repositoryName"]?.string == "team/app" && record["userIdentity"]?["userName"]?.string == "anonymous")
            #expect(record["sourceIPAddress"]?.string == "127.0.0.1" && record["readOnly"]?.bool == false)
            #expect(record["responseElements"]?["imageIds"]?.array?.first?["imageTag"]?.string == "latest")
            #expect(record["eventID"]?.string == lines[2]["id"]?.string && lines[2]["time"]?.bool == true)
            #expect(names(3) == ["PutImage", "PutImage", "PutImage"])
            #expect(names(4) == ["BatchDeleteImage"])
            #expect(names(5) == ["PutImage", "PutImage", "CreateRepository"])
            #expect(names(6) == ["CreateGuard"])
            #expect(names(7).count == 6 && names(8) == ["CreateGuard"] && names(9) == all)
            #expect(names(10).isEmpty && names(11).isEmpty && names(12).isEmpty)
            #expect(names(13) == all && names(14).isEmpty && names(15).isEmpty)
            #expect(names(16) == all)
            let errors = [
                "InvalidTimeRangeException", "InvalidMaxResultsException", "InvalidNextTokenException", "InvalidLookupAttributesException",
                "InvalidNextTokenException", "InvalidEventCategoryException",
            ]
            for (line, code) in zip(lines[17...], errors) { #expect(line == .array([.string(code), .bool(true)])) }
        }

        @Test("an event is in the range when its second is: windows of seconds that follow each other have each event once, and lose none")
        func seconds() throws {
            let hub = try Hub()
            for number in 0..<4 { try hub.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)") }
            let client = try hub.client()
            func lookup(_ start: Double?, _ end: Double?) throws -> [JSONValue] {
                let members = [start.map { "\"StartTime\": \($0)" }, end.map { "\"EndTime\": \($0)" }].compactMap { $0 }.joined(separator: ", ")
                let answer = try client.request("POST", "/", headers: ["X-Amz-Target": "CloudTrail_20131101.LookupEvents"], body: Array("{\(members)}".utf8))
                return try #require(try answer.json["Events"]?.array, "\(answer)")
            }
            let all = try lookup(nil, nil)
            let ids = all.compactMap { $0["EventId"]?.string }
            let times = all.compactMap { $0["EventTime"]?.int }
            #expect(times.count == 5, "whole seconds: \(all)")
            let (first, last) = (try #require(times.min()), try #require(times.max()))
            for second in first...last {
                #expect(try lookup(Double(second), Double(second)).count == times.count { $0 == second })
                // From within a second on, it is the next one that counts.
                #expect(try lookup(Double(second) + 0.5, nil).count == times.count { $0 > second })
                #expect(try lookup(nil, Double(second) + 0.5).count == times.count { $0 <= second })
            }
            let windows = try (first...last).reversed().flatMap { try lookup(Double($0), Double($0)) }
            #expect(windows.compactMap { $0["EventId"]?.string } == ids)
        }

        @Test("another target is an error that AWS' clients know")
        func unknown() throws {
            let hub = try Hub()
            let answer = try hub.client().request("POST", "/", headers: ["X-Amz-Target": "CloudTrail_20131101.DeleteTrail"], body: Array("{}".utf8))
            #expect(answer.status == 400)
            #expect(try answer.json["__type"]?.string == "UnknownOperationException")
            let broken = try hub.client().request(
                "POST", "/", headers: ["X-Amz-Target": "CloudTrail_20131101.LookupEvents"], body: Array("{".utf8))
            #expect(broken.status == 400)
            #expect(try broken.json["__type"]?.string == "SerializationException")
        }
    }
}
