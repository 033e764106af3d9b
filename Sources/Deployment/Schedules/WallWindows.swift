/// Windows by the clock on the wall: each begins at a minute of a cron expression and lasts for some minutes of that clock.
///
/// Times are seconds of a clock that knows no time zone, counted from 1970-01-01 00:00.
struct WallWindows: Sendable, Hashable {
    let cron: CronExpression
    /// Minutes.
    let duration: Int
    /// The windows that begin on one day, joined where they touch: minutes from the day's start. The last may end days later.
    private let daily: [Range<Int>]

    /// Each day's windows reach into the next day's.
    let isAlwaysOpen: Bool

    static let dayLength = 86_400
    /// A window lasts for at most so many minutes.
    static let maximumDuration = 366 * 1440
    /// How far ahead changes are looked for: cron's rarest days (a 29th of February that is a Monday) come within so many days.
    private static let horizon = 41 * 366

    init(cron: CronExpression, duration: Int) {
        self.cron = cron
        self.duration = duration
        var daily: [Range<Int>] = []
        for hour in 0..<24 where cron.hours >> UInt64(hour) & 1 == 1 {
            for minute in 0..<60 where cron.minutes >> UInt64(minute) & 1 == 1 {
                let start = hour * 60 + minute
                if let last = daily.last, last.upperBound >= start {
                    daily[daily.count - 1] = last.lowerBound..<(start + duration)
                } else {
                    daily.append(start..<(start + duration))
                }
            }
        }
        self.daily = daily
        let isWhole = daily.first.map { daily.count == 1 && $0.count >= 1440 } ?? false
        isAlwaysOpen = isWhole && cron.matchesEveryDay
    }

    /// The window around that time, as far as the windows of one day go; nil where there is none.
    func window(at seconds: Int) -> Range<Int>? {
        let today = Self.day(of: seconds)
        // Windows of earlier days may last until now. The latest one that began ends last, as all last equally long.
        for day in stride(from: today, through: today - duration / 1440 - 1, by: -1) where cron.matches(daysSince1970: day) {
            for minutes in daily.reversed() {
                let window = Self.seconds(day, minutes)
                if window.lowerBound <= seconds { return window.contains(seconds) ? window : nil }
            }
        }
        return nil
    }

    /// When the next window begins, after that time; nil where none does.
    func nextStart(after seconds: Int) -> Int? {
        let today = Self.day(of: seconds)
        for day in today...(today + Self.horizon) where cron.matches(daysSince1970: day) {
            for minutes in daily {
                let start = Self.seconds(day, minutes).lowerBound
                if start > seconds { return start }
            }
        }
        return nil
    }

    /// The longest window that lies wholly in a time which the clock leaves out; 0 where none does.
    func longest(within gap: Range<Int>) -> Int {
        var longest = 0
        for day in Self.day(of: gap.lowerBound)...Self.day(of: gap.upperBound) where cron.matches(daysSince1970: day) {
            for minutes in daily {
                let window = Self.seconds(day, minutes)
                if window.lowerBound >= gap.lowerBound, window.upperBound <= gap.upperBound { longest = max(longest, window.count) }
            }
        }
        return longest
    }

    /// Until when a window is open that the clock has just left out; nil where none is.
    func madeUp(at instant: Int, _ zone: Zone) -> Int? {
        guard let transition = zone.nextTransition(after: instant - Self.longestMakeUp), transition <= instant,
            let gap = zone.gap(at: transition)
        else { return nil }
        let end = transition + min(longest(within: gap), Self.longestMakeUp)
        return instant < end ? end : nil
    }

    /// Clocks are put forward by an hour or less, but for a day when a country moves to the other side of the date line.
    private static let longestMakeUp = 3 * 3600

    private static func day(of seconds: Int) -> Int {
        let day = seconds / dayLength
        return seconds % dayLength < 0 ? day - 1 : day
    }

    private static func seconds(_ day: Int, _ minutes: Range<Int>) -> Range<Int> {
        (day * dayLength + minutes.lowerBound * 60)..<(day * dayLength + minutes.upperBound * 60)
    }
}
