import Delivery

extension Configuration {
    /// How long what became of deliveries is kept.
    package struct Deliveries: Sendable {
        /// Of all of it together, about; the oldest goes first.
        package var maxBytes = 1 << 30
        package var maxAgeSeconds = 30 * 86_400

        func options(_ directory: String) -> DeliveryLog.Options {
            var options = DeliveryLog.Options(directory: directory)
            options.maxBytes = maxBytes
            options.maxAge = Int64(maxAgeSeconds) * 1000
            return options
        }

        mutating func read(_ root: ObjectReader) throws(ObjectReader.Failure) {
            guard let reader = try root.object("deliveries", keys: ["maxBytes", "maxAge"]) else { return }
            maxBytes = try reader.int("maxBytes", in: (8 << 20)...(1 << 50)) ?? maxBytes
            maxAgeSeconds = try reader.int("maxAge", in: 60...(100 * 366 * 86_400)) ?? maxAgeSeconds
        }
    }
}
