import Testing

@testable import Deployment

@Suite struct CalendarFormatTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let format: String
        /// From the oldest to the newest.
        let versions: [String]
        let others: [String]
        var testDescription: String { format }
    }

    @Test("tags are read and put in order by the format", arguments: [
        Case(format: "YYYY.MM.DD", versions: ["2023.12.31", "2024.1.2", "2024.2.29", "2024.10.1"],
             others: ["2023.2.29", "2024.13.1", "2024.01.2", "2024.1.32", "24.1.2", "2024.1", "2024.1.2.3", "2024.0.1", "", "latest"]),
        Case(format: "YYYY.0M.0D", versions: ["2024.01.02", "2024.01.10", "2024.11.01"], others: ["2024.1.2", "2024.001.02"]),
        Case(format: "YY.0M[.MICRO]", versions: ["8.04", "16.04", "16.04.1", "16.04.10", "16.10"], others: ["16.4", "16.04.", "16.04.x", "016.04"]),
        Case(format: "YYYY0M0D", versions: ["20231231", "20240101"], others: ["2024011", "202401011", "20241301"]),
        Case(format: "0Y.0M.MICRO", versions: ["06.01.0", "16.12.3"], others: ["6.01.0"]),
        Case(format: "YYYY.MICRO", versions: ["2024.1", "2024.2", "2024.99999999999999999999", "2025.0"], others: ["2024", "2024.a"]),
        Case(format: "YYYY.0W.MICRO", versions: ["2020.01.5", "2020.53.0", "2024.52.0"], others: ["2024.53.0", "2024.54.1", "2024.1.1", "2024.00.1"]),
        Case(format: "YYYY.WW", versions: ["2015.53", "2020.53", "2021.52", "2026.53"], others: ["2016.53", "2021.53", "2025.53", "2026.54"]),
        Case(format: "YY.0W", versions: ["20.53", "21.01", "26.53"], others: ["21.53", "24.53"]),
        Case(format: "YY.MM.MICRO-MODIFIER", versions: ["24.1.0-alpha", "24.1.0-rc2", "24.1.0-rc10", "24.1.0", "24.1.1-dev"], others: ["24.1.0-", "24.1-alpha"]),
        Case(format: "vYYYY.MM", versions: ["v2024.1", "v2024.12"], others: ["2024.1", "vv2024.1"]),
        Case(format: "YYYY-0M-0D_MICRO", versions: ["2024-01-31_2", "2024-02-01_1"], others: ["2024-02-30_1", "2024-02-01"]),
    ])
    func order(_ example: Case) throws {
        let format = try CalendarFormat(example.format)
        let versions = try example.versions.map { try #require(format.version($0), "\($0)") }
        for (index, version) in versions.enumerated() {
            for (other, later) in versions.enumerated() { #expect(format.precedes(version, later) == (index < other)) }
        }
        for text in example.others { #expect(format.version(text) == nil, "\(text)") }
    }

    @Test("years have as many weeks as the 28th of December says, which is always in the last one")
    func weeks() {
        // By the definition: the week of a day is that of its Thursday, counted within the year.
        var days = -366 - 365
        for year in 1968...2400 {
            let length = 337 + CivilDate.days(inMonth: 2, of: year)
            let december28 = days + length - 4
            let thursday = december28 - (CivilDate.weekday(daysSince1970: december28) + 6) % 7 + 3
            #expect(CivilDate.weeks(in: year) == (thursday - days) / 7 + 1, "\(year)")
            days += length
        }
    }

    @Test("a v in front of a tag is passed over")
    func tolerant() throws {
        let format = try CalendarFormat("YYYY.MM")
        #expect(format.version("v2024.1") == format.version("2024.1"))
        #expect(format.version("v2024.1") != nil)
    }

    @Test("what is no format is refused", arguments: [
        "", "MICRO", "MM.YYYY", "YYYY.YYYY", "YYYY.Q", "YYYY[.MM", "YYYY.MM]", "YYYY[[.MM]]", "YYYYMMDD", "YYMM", "year", "YYYY/MM", "YYYYMODIFIERMICRO.é",
        String(repeating: ".", count: 101),
    ])
    func refuses(text: String) {
        #expect(throws: CalendarFormat.Invalid.self) { try CalendarFormat(text) }
    }

    @Test("numbers inside of words count by their value")
    func naturalOrder() {
        let words = ["", "1", "2", "10", "a", "a1", "a2", "a2b", "a10", "b"]
        for (index, word) in words.enumerated() {
            for (other, later) in words.enumerated() { #expect(NaturalOrder.precedes(word, later) == (index < other), "\(word) \(later)") }
        }
    }
}
