import HTTP
import Testing

@Suite("Values of fields")
struct FieldValueTests {
    @Test("dates are written and read", arguments: [
        (Int64(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (-1, "Wed, 31 Dec 1969 23:59:59 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"), (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"), (-62_135_596_800, "Mon, 01 Jan 0001 00:00:00 GMT"),
    ])
    func dates(seconds: Int64, text: String) {
        #expect(HTTPDate.format(seconds) == text)
        #expect(HTTPDate.parse(text, now: 0) == seconds)
    }

    @Test("the two obsolete forms are read, too; a year of two digits is never more than 50 years ahead", arguments: [
        ("Sunday, 06-Nov-94 08:49:37 GMT", Int64(784_111_777), Int64(784_111_777)), ("Sunday, 06-Nov-94 08:49:37 GMT", 1_800_000_000, 784_111_777),
        ("Monday, 28-Feb-00 23:59:59 GMT", 1_800_000_000, 951_782_399), ("Friday, 01-Jan-77 00:00:00 GMT", 1_800_000_000, 3_376_684_800),
        ("Sunday, 01-Jan-78 00:00:00 GMT", 1_800_000_000, 252_460_800), ("Thursday, 01-Jan-70 00:00:00 GMT", 0, 0),
        ("Sun Nov  6 08:49:37 1994", 0, 784_111_777), ("Tue Feb 29 00:00:00 2000", 0, 951_782_400),
    ])
    func obsoleteDates(text: String, now: Int64, seconds: Int64) {
        #expect(HTTPDate.parse(text, now: now) == seconds)
    }

    @Test("every day for 150 years, and times beyond the calendar")
    func manyDates() {
        for day in stride(from: Int64(-20_000), to: 35_000, by: 1) {
            let seconds = day * 86_400 + 3_661
            #expect(HTTPDate.parse(HTTPDate.format(seconds), now: 0) == seconds)
        }
        #expect(HTTPDate.format(.max) == "Fri, 31 Dec 9999 23:59:59 GMT")
        #expect(HTTPDate.format(.min) == "Mon, 01 Jan 0001 00:00:00 GMT")
    }

    @Test("what is not a date is refused", arguments: [
        "", "Sun, 06-Nov-94 08:49:37 GMT", "Sunday, 06-Nov-1994 08:49:37 GMT", "Sunday, 31-Nov-94 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37",
        "Sun Nov 6 08:49:37 1994", "Sun Nov  06 08:49:37 1994", "Sun Nov  6 08:49:37 1994 GMT", "Sun Nov   6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 30 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 0000 08:49:37 GMT",
        "Sun, 29 Feb 2100 00:00:00 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT", "Xxx, 06 Nov 1994 08:49:37 GMT",
    ])
    func badDates(text: String) {
        #expect(HTTPDate.parse(text, now: 0) == nil)
    }

    @Test("ranges", arguments: [
        ("bytes=0-4", RangeRequest.part(0..<5)), ("bytes=5-", .part(5..<10)), ("bytes=-3", .part(7..<10)), ("bytes=-30", .part(0..<10)),
        ("bytes=9-9", .part(9..<10)), ("bytes=3-99999999999999999999999", .part(3..<10)), ("BYTES= 0-4 ", .part(0..<5)),
        ("bytes=0-18446744073709551615", .part(0..<10)), ("bytes=10-", .unsatisfiable), ("bytes=-0", .unsatisfiable),
        ("bytes=99999999999999999999999-", .unsatisfiable), ("bytes=5-4", .unsatisfiable), ("bytes=", .malformed), ("bytes=-", .malformed),
        ("bytes=a-b", .malformed), ("bytes=1", .malformed), ("items=0-4", .malformed), ("0-4", .malformed), ("bytes=0-+4", .malformed),
        ("bytes=0-1,3-4", .several), ("bytes=0-1,x", .malformed), ("bytes=1-2-3", .malformed),
    ])
    func ranges(text: String, expected: RangeRequest) {
        #expect(RangeRequest(Array(text.utf8)[...], size: 10) == expected)
    }

    @Test("nothing of an empty representation can be had")
    func emptyRange() {
        for text in ["bytes=0-", "bytes=-5", "bytes=0-0"] {
            #expect(RangeRequest(Array(text.utf8)[...], size: 0) == .unsatisfiable)
        }
    }

    @Test("the ranges of uploads", arguments: [
        ("0-99", UInt64(0), UInt64(100)), ("bytes 0-99/200", 0, 100), ("bytes 100-100/*", 100, 1), ("Bytes 5-9/10", 5, 5),
    ])
    func contentRanges(text: String, first: UInt64, count: UInt64) {
        let range = ContentRange(Array(text.utf8)[...])
        #expect(range?.first == first)
        #expect(range?.count == count)
    }

    @Test("malformed ranges of uploads", arguments: ["", "-", "5-4", "a-b", "0-", "bytes 0-9", "bytes 0-9/x", "0-18446744073709551615", "0-9/10", "+0-9"])
    func badContentRanges(text: String) {
        #expect(ContentRange(Array(text.utf8)[...]) == nil)
    }

    @Test("If-None-Match compares weakly, If-Match strongly")
    func entityTags() throws {
        let headers = try headers("If-None-Match: \"a\", W/\"b\"", "If-None-Match: \"c,d\"", "If-Match: \"a\", W/\"b\"")
        for tag in ["\"a\"", "W/\"a\"", "\"b\"", "\"c,d\""] { #expect(headers.ifNoneMatch(matches: tag)) }
        for tag in ["\"c\"", "\"d\"", "a", ""] { #expect(!headers.ifNoneMatch(matches: tag)) }
        #expect(headers.ifMatch(allows: "\"a\""))
        #expect(!headers.ifMatch(allows: "\"b\""))
        #expect(!headers.ifMatch(allows: "W/\"a\""))
        #expect(!headers.ifMatch(allows: nil))
    }

    @Test("an asterisk matches whatever is there")
    func anyTag() throws {
        let starred = try headers("If-None-Match: *", "If-Match: *")
        #expect(starred.ifNoneMatch(matches: EntityTag.quoted("x")))
        #expect(starred.ifMatch(allows: EntityTag.quoted("x")))
        #expect(!starred.ifMatch(allows: nil))
        #expect(try headers().ifMatch(allows: nil))
        #expect(try !headers().ifNoneMatch(matches: "\"x\""))
    }

    @Test("Accept: the most specific element decides", arguments: [
        ("*/*", "a/b", 1000), ("a/*;q=0.5", "a/b", 500), ("a/b;q=0, */*", "a/b", 0), ("*/*;q=0.1, A/B;q=0.85", "a/b", 850),
        ("c/d", "a/b", 0), ("a/b;q=1.001", "a/b", 0), ("a/b;q=x, c/d", "a/b", 0), ("a/b; charset=utf-8; q=0.3", "a/b", 300),
        ("a/b;v=\"x,y;q=0\";q=0.2", "a/b", 200), (" , a/b , ", "a/b", 1000), ("a/b;q=", "a/b", 1000), ("", "a/b", 1000),
        ("application/vnd.oci.image.manifest.v1+json,application/vnd.docker.distribution.manifest.v2+json", "application/vnd.oci.image.manifest.v1+json", 1000),
    ])
    func accept(value: String, type: String, quality: Int) throws {
        #expect(try headers("Accept: \(value)").acceptQuality(of: type) == quality)
    }

    @Test("Accept may be spread over lines or missing")
    func acceptLines() throws {
        let many = try headers("Accept: a/b", "Accept: c/d;q=0.5, */*;q=0.1")
        #expect(many.accepts("a/b"))
        #expect(many.acceptQuality(of: "c/d") == 500)
        #expect(many.acceptQuality(of: "e/f") == 100)
        #expect(many.acceptsExplicitly("c/d"))
        #expect(!many.acceptsExplicitly("e/f"))
        #expect(try headers().accepts("a/b"))
    }

    @Test("the content's type without parameters", arguments: [
        ("Application/JSON; charset=utf-8", "application/json"), ("text/plain", "text/plain"), (" a/b ;x", "a/b"),
    ])
    func contentType(value: String, type: String) throws {
        #expect(try headers("Content-Type: \(value)").mediaType == type)
        #expect(try headers().mediaType == nil)
    }

    @Test("a link to the next page")
    func link() {
        #expect(LinkHeader.next(path: "/v2/_catalog", query: ["n": "5", "last": "a/b&c"]) == "</v2/_catalog?n=5&last=a%2Fb%26c>; rel=\"next\"")
        #expect(LinkHeader.next(path: "/x", query: [:]) == "</x>; rel=\"next\"")
    }
}
