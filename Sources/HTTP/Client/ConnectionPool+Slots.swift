/// How slots are counted, and who is next. What is done for each request looks at its own destination only, and at those that
/// are starved: many requests that wait for one slow receiver cost the others nothing.
extension ConnectionPool {
    mutating func open(_ destination: Destination) -> Grant {
        total += 1
        slots[destination, default: Slots()].count += 1
        update(destination)
        return .connect(nextID())
    }

    /// Gives one slot of `destination` back and grants what has become possible by it.
    mutating func giveUp(_ destination: Destination) -> Release {
        forget(destination)
        var release = Release(closes: true)
        while total < limits.total, let next = longestStarved {
            remove(next.waiter, of: next.destination)
            release.grants.append(.init(waiter: next.waiter, grant: open(next.destination)))
        }
        return release
    }

    /// Who has waited the longest for a destination that has room.
    var longestStarved: (destination: Destination, waiter: WaiterID)? {
        var longest: (destination: Destination, waiter: WaiterID)?
        for destination in starved {
            guard let waiter = slots[destination]?.waiting.first, waiter < longest?.waiter ?? .max else { continue }
            longest = (destination, waiter)
        }
        return longest
    }

    mutating func remove(_ waiter: WaiterID, of destination: Destination) {
        waiters[waiter] = nil
        if let index = slots[destination]?.waiting.firstIndex(of: waiter) { slots[destination]?.waiting.remove(at: index) }
        update(destination)
    }

    mutating func evictOldestIdle() -> ConnectionID? {
        var oldest: (destination: Destination, idle: Idle)?
        for (destination, slots) in slots {
            guard let first = slots.idle.first, first.stamp < oldest?.idle.stamp ?? .max else { continue }
            oldest = (destination, first)
        }
        guard let oldest else { return nil }
        slots[oldest.destination]?.idle.removeFirst()
        forget(oldest.destination)
        return oldest.idle.id
    }

    private mutating func forget(_ destination: Destination) {
        total -= 1
        slots[destination]?.count -= 1
        update(destination)
    }

    /// After a change of `destination`: whether it is starved, and whether there still is anything to know of it.
    mutating func update(_ destination: Destination) {
        guard let state = slots[destination] else { return }
        if !state.waiting.isEmpty, state.count < limits.perDestination {
            starved.insert(destination)
        } else if !starved.isEmpty {
            starved.remove(destination)
        }
        if state.count == 0, state.waiting.isEmpty { slots[destination] = nil }
    }
}
