import JSON

/// Reads schedules as they are written in a trigger: one window or a list of them.
enum ScheduleParser {
    static func windows(_ json: JSONValue) throws(DeploymentError) -> [Schedule.Window] {
        guard case .array(let elements) = json else { return [try window(json, "")] }
        guard !elements.isEmpty else { throw DeploymentError(.invalid, "a schedule must have at least one window", pointer: "") }
        guard elements.count <= Schedule.maximumWindows else {
            throw DeploymentError(.invalid, "a schedule has at most \(Schedule.maximumWindows) windows", pointer: "")
        }
        var windows: [Schedule.Window] = []
        for (index, element) in elements.enumerated() { windows.append(try window(element, "/\(index)")) }
        return windows
    }

    private static func window(_ json: JSONValue, _ pointer: String) throws(DeploymentError) -> Schedule.Window {
        guard let object = json.object else {
            throw DeploymentError(.invalid, "a window is an object with cron and duration, or with from and until, not \(json.kind)", pointer: pointer)
        }
        let keys = object["cron"] == nil ? ["from", "until", "timeZone"] : ["cron", "duration", "timeZone"]
        for member in object.members where !keys.contains(member.key) {
            throw DeploymentError(
                .invalid, "\"\(member.key.prefix(60))\" does not belong to a window with \(keys.joined(separator: ", "))",
                pointer: "\(pointer)/\(member.key)")
        }
        let zone = try zone(object, pointer)
        return object["cron"] == nil ? try range(object, zone, pointer) : .cron(try cron(object, pointer), zone)
    }

    private static func text(_ object: JSONObject, _ key: String, _ pointer: String) throws(DeploymentError) -> String {
        guard let value = object[key] else {
            throw DeploymentError(.invalid, "\"\(key)\" is missing from a window", pointer: "\(pointer)/\(key)")
        }
        guard let text = value.string else {
            throw DeploymentError(.invalid, "\"\(key)\" must be a text, not \(value.kind)", pointer: "\(pointer)/\(key)")
        }
        return text
    }

    private static func zone(_ object: JSONObject, _ pointer: String) throws(DeploymentError) -> Zone {
        let name = object["timeZone"] == nil ? "UTC" : try text(object, "timeZone", pointer)
        guard let zone = Zone(name) else {
            throw DeploymentError(
                .invalid, "\"\(name.prefix(64))\" is not a time zone such as Europe/Berlin or UTC: \(ZoneTable.folder) has those that there are (Debian's package tzdata)", pointer: "\(pointer)/timeZone")
        }
        return zone
    }

    private static func cron(_ object: JSONObject, _ pointer: String) throws(DeploymentError) -> WallWindows {
        let cron = try text(object, "cron", pointer)
        let expression: CronExpression
        do {
            expression = try CronExpression(cron)
        } catch {
            throw DeploymentError(.invalid, "the cron expression is not valid: \(error.reason)", pointer: "\(pointer)/cron")
        }
        let text = try text(object, "duration", pointer)
        guard let minutes = minutes(text), (1...WallWindows.maximumDuration).contains(minutes) else {
            throw DeploymentError(
                .invalid, "\"duration\" must be whole minutes, hours or days up to 366d, such as \"8h\" or \"1h30m\"",
                pointer: "\(pointer)/duration")
        }
        return WallWindows(cron: expression, duration: minutes)
    }

    /// `1d2h30m`, in minutes.
    private static func minutes(_ text: String) -> Int? {
        var minutes = 0
        var rest = text[...]
        for (unit, factor) in [("d", 1440), ("h", 60), ("m", 1)] {
            let digits = rest.prefix { ("0"..."9").contains($0) }
            guard rest[digits.endIndex...].hasPrefix(unit) else { continue }
            guard (1...6).contains(digits.utf8.count), let number = Int(digits) else { return nil }
            minutes += number * factor
            rest = rest[digits.endIndex...].dropFirst()
        }
        return rest.isEmpty ? minutes : nil
    }

    private static func range(_ object: JSONObject, _ zone: Zone, _ pointer: String) throws(DeploymentError) -> Schedule.Window {
        let from = try instant(object, "from", zone, pointer)
        let until = try instant(object, "until", zone, pointer)
        guard from < until else { throw DeploymentError(.invalid, "\"until\" must be later than \"from\"", pointer: "\(pointer)/until") }
        return .range(from..<until)
    }

    private static func instant(_ object: JSONObject, _ key: String, _ zone: Zone, _ pointer: String) throws(DeploymentError) -> Int {
        let text = try text(object, key, pointer)
        guard let time = WrittenTime(text) else {
            throw DeploymentError(
                .invalid, "\"\(key)\" must be a time such as 2026-12-24T18:00, a day, or with an offset 2026-12-24T18:00:00+01:00",
                pointer: "\(pointer)/\(key)")
        }
        // A freeze that begins or ends in an hour that comes twice takes both.
        return time.offset.map { time.wall - $0 } ?? zone.instant(wall: time.wall, prefersLast: key == "until")
    }
}
