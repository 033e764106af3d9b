import Events
import Testing

@Suite struct EventIDTests {
    @Test("ids grow, also within one millisecond and when the clock goes back")
    func grows() {
        var last = EventID.next(now: 1_000)
        for index in 0..<20_000 {
            let id = EventID.next(now: index % 3 == 0 ? 500 : 1_000 + Int64(index / 1000))
            #expect(id > last)
            #expect(id.description > last.description)
            last = id
        }
    }

    @Test("an id is a UUID of version 7 and reads back")
    func text() throws {
        let id = EventID.next(now: 1_800_000_000_000)
        let text = Array(id.description)
        #expect(text.count == 36)
        #expect(text[14] == "7")
        #expect("89ab".contains(text[19]))
        #expect(EventID(id.description) == id)
    }

    @Test(
        "other texts are no ids",
        arguments: [
            "", "01900000-0000-4000-8000-000000000001", "01900000-0000-7000-c000-000000000001",
            "01900000-0000-7000-8000-00000000000", "01900000-0000-7000-8000-0000000000011",
            "01900000x0000-7000-8000-000000000001", "01900000-0000-7000-8000-00000000000G",
        ])
    func refused(text: String) {
        #expect(EventID(text) == nil)
    }

    @Test("ids made on many threads at once are all different")
    func unique() async {
        let ids = await withTaskGroup(of: [EventID].self) { group in
            for _ in 0..<8 { group.addTask { (0..<2_000).map { _ in EventID.next(now: 7) } } }
            return await group.reduce(into: Set<EventID>()) { $0.formUnion($1) }
        }
        #expect(ids.count == 16_000)
    }
}

@Suite struct TimestampTests {
    @Test(
        "times are written as RFC 3339 in UTC with milliseconds",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00.000Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (1_798_761_599_999, "2026-12-31T23:59:59.999Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"), (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
        ] as [(Int64, String)])
    func known(time: Int64, text: String) {
        #expect(Timestamp.text(time) == text)
        #expect(Timestamp.parse(text) == time)
    }

    @Test("every time reads back, and every day follows the one before")
    func roundTrip() {
        var last = ""
        for day in stride(from: Int64(-800_000), through: 2_900_000, by: 97) {
            let time = day * 86_400_000 + (day * 7919) % 86_400_000
            let text = Timestamp.text(time)
            #expect(Timestamp.parse(text) == min(max(time, -62_167_219_200_000), 253_402_300_799_999))
            if time > -62_167_219_200_000 && time < 253_402_300_799_999 { #expect(text > last) }
            last = text
        }
        #expect(Timestamp.text(.max) == "9999-12-31T23:59:59.999Z")
        #expect(Timestamp.text(.min) == "0000-01-01T00:00:00.000Z")
    }

    @Test(
        "other texts are no times",
        arguments: [
            "", "2026-02-29T00:00:00.000Z", "2026-13-01T00:00:00.000Z", "2026-01-01T24:00:00.000Z",
            "2026-01-01 00:00:00.000Z", "2026-01-01T00:00:00.000+", "2026-01-01T00:00:00Z",
        ])
    func refused(text: String) {
        #expect(Timestamp.parse(text) == nil)
    }
}
