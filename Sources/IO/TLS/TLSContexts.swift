import Synchronization

/// The contexts of a client: the one for peers without an identity of their own, and those of the identities that were used last.
/// They are made when first needed, since reading the system's authorities takes a while.
package final class TLSContexts: Sendable {
    private struct State {
        var standard: TLSContext?
        var cache: BoundedCache<TLSIdentity, TLSContext>
    }

    // A Mutex: a look-up on each side, from loops and blocking threads. Contexts are made outside of it.
    private let state: Mutex<State>

    /// - Parameters:
    ///   - standard: nil stands for the system's authorities.
    ///   - limit: how many contexts of identities are kept; each holds its certificates in memory.
    package init(standard: TLSContext? = nil, limit: Int = 256) {
        state = Mutex(State(standard: standard, cache: BoundedCache(limit: limit)))
    }

    /// The context if it is there already.
    package func known(_ identity: TLSIdentity?) -> TLSContext? {
        state.withLock { state in
            guard let identity else { return state.standard }
            return state.cache.value(for: identity)
        }
    }

    /// Makes the context if need be. Blocks.
    package func context(for identity: TLSIdentity?) throws(StreamError) -> TLSContext {
        if let known = known(identity) { return known }
        guard let identity else {
            let context = try TLSContext.client()
            return state.withLock { state in
                let first = state.standard ?? context
                state.standard = first
                return first
            }
        }
        let store = identity.authorities == nil ? try self.context(for: nil) : nil
        let context = try TLSContext.client(identity, store: store)
        return state.withLock { state in
            if let first = state.cache.value(for: identity) { return first }
            state.cache.set(context, for: identity)
            return context
        }
    }
}
