package import Events

/// A guard as it is shown.
package struct GuardView: Hashable, Sendable {
    package let settings: GuardSettings
    /// It comes from the config file.
    package let isConfigured: Bool

    package init(settings: GuardSettings, isConfigured: Bool) {
        self.settings = settings
        self.isConfigured = isConfigured
    }
}

extension Registry {
    /// The config file's first, then by name.
    package func guards() -> [GuardView] {
        var views = configuredGuards.map { GuardView(settings: $0.settings, isConfigured: true) }
        ledger.durable.guards.forEach { _, rule in
            views.append(GuardView(settings: rule.settings, isConfigured: false))
        }
        return views
    }

    package func guardRule(named name: String) -> GuardView? {
        if let rule = configuredGuards.first(where: { $0.settings.name == name }) {
            return GuardView(settings: rule.settings, isConfigured: true)
        }
        return ledger.durable.guards[name].map { GuardView(settings: $0.settings, isConfigured: false) }
    }
}
