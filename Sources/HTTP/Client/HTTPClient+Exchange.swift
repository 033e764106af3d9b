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
            switch await attempt(bytes, request, on: connection, until: deadline, read) {
            case .answered(let result, let isReusable): return try finish(result, connection, destination, isReusable: isReusable)
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
        switch await attempt(bytes, request, on: connection, until: deadline, read) {
        case .answered(let result, let isReusable): return try finish(result, connection, destination, isReusable: isReusable)
        case .failed(let error, nothingReceived: _):
            connection.stream.close()
            release(id, destination, nil)
            throw error
        }
    }

    private enum Attempt<R> {
        /// What `read` made of the answer, and whether the connection is fit for another exchange.
        case answered(Result<R, HTTPClientError>, isReusable: Bool)
        case failed(HTTPClientError, nothingReceived: Bool)
    }

    /// Sends the request and reads the answer. Closing the connection is the caller's part.
    private func attempt<R: Sendable>(
        _ bytes: [UInt8], _ request: HTTPRequest, on connection: ClientConnection, until deadline: Int64, _ read: Reader<R>
    ) async -> Attempt<R> {
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
            let head: ResponseHead
            do throws(HTTPClientError) {
                // A server may answer and close before it has read everything: its answer says why.
                if let sendError, sendError.code != .closed { throw sendError }
                head = try await connection.readHead(answersHead: request.method == .head, limits: options.limits, until: deadline)
            } catch {
                let isClosed = error.code == .closed && connection.isDrained
                return .failed(sendError ?? error, nothingReceived: isClosed)
            }
            // What was cut off while it was sent must not be followed by another request.
            return await self.answer(sendError == nil ? head : head.withoutKeepAlive, on: connection, read)
        }
    }

    private func answer<R: Sendable>(_ head: ResponseHead, on connection: ClientConnection, _ read: Reader<R>) async -> Attempt<R> {
        var body = ResponseBody(connection, framing: head.framing)
        let result: Result<R, HTTPClientError>
        do throws(HTTPClientError) {
            result = .success(try await read(head, &body))
        } catch {
            result = .failure(error)
        }
        return .answered(result, isReusable: head.keepAlive && body.decoder.isComplete && connection.isDrained)
    }

    private func finish<R>(
        _ result: Result<R, HTTPClientError>, _ connection: ClientConnection, _ destination: Destination, isReusable: Bool
    ) throws(HTTPClientError) -> R {
        keepResumption(of: connection, destination)
        // A cancellation may have its close still before it.
        let isReusable = isReusable && !Task.isCancelled && connection.stream.channel.isOpen
        if !isReusable { connection.stream.close() }
        release(connection.id, destination, isReusable ? connection : nil)
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
