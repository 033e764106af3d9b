import IO

extension HTTPClient {
    typealias Reader<R> = @Sendable (ResponseHead, inout ResponseBody) async throws(HTTPClientError) -> R

    /// One request and its answer, as a result because cancellation handlers know no typed errors.
    func exchange<R: Sendable>(
        _ request: HTTPRequest, until deadline: Int64, _ read: Reader<R>
    ) async -> Result<R, HTTPClientError> {
        do throws(HTTPClientError) {
            let bytes = try request.encoded(userAgent: options.userAgent)
            return .success(try await exchange(bytes, request, until: deadline, read))
        } catch {
            // A cancelled exchange fails by its closed connection: say why.
            if Task.isCancelled, error.code != .shutDown {
                return .failure(HTTPClientError(.cancelled, "the request was cancelled"))
            }
            return .failure(error)
        }
    }

    private func exchange<R: Sendable>(
        _ bytes: [UInt8], _ request: HTTPRequest, until deadline: Int64, _ read: Reader<R>
    ) async throws(HTTPClientError) -> R {
        let destination = request.destination
        let grant = try await acquire(destination, until: deadline)
        let id = grant.id
        if case .reuse = grant, let connection = takeIdle(id) {
            switch await attempt(bytes, request, on: connection, until: deadline) {
            case .answered(let head, let connection): return try await finish(head, connection, destination, read)
            case .failed(let error, nothingReceived: let untouched):
                connection.stream.close()
                // The server closed a kept connection while the request was on its way (RFC 9112, section 9.3.1).
                guard untouched, request.isRepeatable, !Task.isCancelled else {
                    release(id, destination, nil)
                    throw error
                }
            }
        }
        let connection: ClientConnection
        do throws(HTTPClientError) {
            connection = ClientConnection(id: id, stream: try await connect(to: destination, until: deadline))
        } catch {
            release(id, destination, nil)
            throw error
        }
        switch await attempt(bytes, request, on: connection, until: deadline) {
        case .answered(let head, let connection): return try await finish(head, connection, destination, read)
        case .failed(let error, nothingReceived: _):
            connection.stream.close()
            release(id, destination, nil)
            throw error
        }
    }

    private enum Attempt {
        case answered(ResponseHead, ClientConnection)
        case failed(HTTPClientError, nothingReceived: Bool)
    }

    /// Sends the request and reads the head of the answer. Closing the connection is the caller's part.
    private func attempt(
        _ bytes: [UInt8], _ request: HTTPRequest, on connection: ClientConnection, until deadline: Int64
    ) async -> Attempt {
        await closingOnCancel(connection.stream) {
            guard !Task.isCancelled else {
                return .failed(HTTPClientError(.cancelled, "the request was cancelled"), nothingReceived: false)
            }
            var sendError: HTTPClientError?
            do throws(HTTPClientError) {
                try await connection.send(bytes, until: deadline)
            } catch {
                sendError = error
            }
            do throws(HTTPClientError) {
                // A server may answer and close before it has read everything: its answer says why.
                if let sendError, sendError.code != .closed { throw sendError }
                let head = try await connection.readHead(
                    answersHead: request.method == .head, limits: options.limits, until: deadline)
                // What was cut off while it was sent must not be followed by another request.
                return .answered(sendError == nil ? head : head.withoutKeepAlive, connection)
            } catch {
                let isClosed = error.code == .closed && connection.isDrained
                return .failed(sendError ?? error, nothingReceived: isClosed)
            }
        }
    }

    private func finish<R: Sendable>(
        _ head: ResponseHead, _ connection: ClientConnection, _ destination: Destination, _ read: Reader<R>
    ) async throws(HTTPClientError) -> R {
        let stream = connection.stream
        var body = ResponseBody(connection, framing: head.framing)
        let result: Result<R, HTTPClientError> = await closingOnCancel(stream) {
            do throws(HTTPClientError) {
                return .success(try await read(head, &body))
            } catch {
                return .failure(error)
            }
        }
        let isReusable = head.keepAlive && body.decoder.isComplete && body.connection.isDrained && stream.channel.isOpen
        keepResumption(of: connection, destination)
        if !isReusable { stream.close() }
        release(connection.id, destination, isReusable ? body.connection : nil)
        return try result.get()
    }

    /// Runs `body`; when the task is cancelled meanwhile, the connection is closed, which ends whatever waits on it.
    private func closingOnCancel<R>(_ stream: ByteStream, _ body: () async -> R) async -> R {
        await withTaskCancellationHandler(operation: body) {
            Task(executorPreference: loop) { stream.close() }
        }
    }
}

extension ResponseHead {
    var withoutKeepAlive: ResponseHead {
        ResponseHead(status: status, version: version, headers: headers, framing: framing, keepAlive: false)
    }
}
