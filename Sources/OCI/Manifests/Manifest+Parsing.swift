import JSON

extension Manifest {
    /// Reads a manifest, strictly.
    ///
    /// - Parameter contentType: the type in the request's header, or `nil` where it had none.
    /// - Throws: `MANIFEST_INVALID` with the field at fault.
    package convenience init(parsing bytes: [UInt8], contentType: MediaType?) throws(OCIError) {
        let path = FieldPath()
        let object = try Self.object(bytes, path)
        let type = try Self.mediaType(of: object, contentType: contentType, path)
        guard let kind = type.manifestKind else {
            throw path.invalid("has the media type \(type), which is neither an image nor an index of OCI or Docker")
        }
        try Self.checkUnambiguous(object, kind, path)
        var config: Descriptor?
        var layers: [Descriptor] = []
        var manifests: [Descriptor] = []
        switch kind {
        case .image:
            guard let value = path.optional(object, "config") else { throw path.member("config").invalid("is missing") }
            config = try Descriptor(json: value, at: path.member("config"))
            layers = try Self.descriptors(object, "layers", path)
        case .index:
            manifests = try Self.descriptors(object, "manifests", path)
        }
        let ownType = try path.optionalString(object, "artifactType").flatMap { $0.isEmpty ? nil : $0 }
        guard (ownType?.utf8.count ?? 0) <= MediaType.maximumLength else {
            throw path.member("artifactType").invalid("must have at most \(MediaType.maximumLength) bytes")
        }
        var subject: Descriptor?
        if let value = path.optional(object, "subject") { subject = try Descriptor(json: value, at: path.member("subject")) }
        self.init(
            kind: kind, mediaType: type, artifactType: ownType ?? config?.mediaType.text, config: config, layers: layers,
            manifests: manifests, subject: subject, annotations: try path.annotations(object))
    }

    private static func object(_ bytes: [UInt8], _ path: FieldPath) throws(OCIError) -> JSONObject {
        guard bytes.count <= maximumSize else { throw path.invalid("is larger than \(maximumSize) bytes") }
        let value: JSONValue
        do {
            value = try JSONValue.parse(bytes)
        } catch {
            throw path.invalid("is \(error)")
        }
        guard let object = value.object else { throw path.invalid("must be a JSON object, not \(value.kind)") }
        return object
    }

    /// Header and field must agree; where neither says it, the shape does.
    private static func mediaType(
        of object: JSONObject, contentType: MediaType?, _ path: FieldPath
    ) throws(OCIError) -> MediaType {
        let field = try path.optionalString(object, "mediaType").flatMap { $0.isEmpty ? nil : MediaType($0) }
        let declared = field ?? contentType
        let version = object["schemaVersion"]?.int
        if version == 1 || declared?.isDockerSchema1 == true {
            throw path.invalid("is a Docker schema 1 manifest, which is long deprecated; push schema 2 or an OCI image")
        }
        guard version == 2 else { throw path.member("schemaVersion").invalid("must be 2") }
        if let field, let contentType, field != contentType {
            throw path.member("mediaType").invalid("is \(field), but the Content-Type header says \(contentType)")
        }
        return declared ?? (object["manifests"] == nil ? .imageManifest : .imageIndex)
    }

    /// A manifest that is an image to one reader and an index to another could carry two different contents under one
    /// digest (CVE-2021-41190).
    private static func checkUnambiguous(_ object: JSONObject, _ kind: Kind, _ path: FieldPath) throws(OCIError) {
        let foreign = kind == .image ? ["manifests", "fsLayers"] : ["layers", "config", "fsLayers"]
        for key in foreign where path.optional(object, key) != nil {
            throw path.invalid("is an \(kind), so it must not have a field \"\(key)\"")
        }
    }

    private static func descriptors(
        _ object: JSONObject, _ key: String, _ path: FieldPath
    ) throws(OCIError) -> [Descriptor] {
        let values = try path.array(object, key)
        guard values.count <= maximumDescriptors else {
            throw path.member(key).invalid("has more than \(maximumDescriptors) entries")
        }
        var descriptors: [Descriptor] = []
        descriptors.reserveCapacity(values.count)
        for (index, value) in values.enumerated() {
            descriptors.append(try Descriptor(json: value, at: path.member(key).element(index)))
        }
        return descriptors
    }
}
