public import Bytes
internal import JSONCheck

/// The front's own options that rule over what the app configured, for requests that the app answers itself: SETTINGS.
public struct Overrides: Equatable, Sendable {
    /// nil: as the app has it. So with all of them.
    public var basePath: String?
    /// `["*"]` allows every origin.
    public var corsOrigins: [String]?
    public var tokens: [String]?
    /// In lower case.
    public var tokenHeader: String?

    public init(
        basePath: String? = nil, corsOrigins: [String]? = nil, tokens: [String]? = nil, tokenHeader: String? = nil
    ) {
        self.basePath = basePath
        self.corsOrigins = corsOrigins
        self.tokens = tokens
        self.tokenHeader = tokenHeader
    }

    /// The app's own settings hold.
    public var isEmpty: Bool { self == Overrides() }

    public func write(into buffer: inout ByteBuffer) {
        func text(_ value: String?) -> JSONTree { value.map { .string($0) } ?? .null }
        func texts(_ values: [String]?) -> JSONTree { values.map { .array($0.map { .string($0) }) } ?? .null }
        let json = JSONTree.object([
            .init("basePath", text(basePath)), .init("corsOrigins", texts(corsOrigins)),
            .init("tokens", texts(tokens)), .init("tokenHeader", text(tokenHeader)),
        ])
        var payload = ByteBuffer()
        json.write(into: &payload)
        FrameWriter.write(FrameHeader(type: .settings), payload: payload.bytes, into: &buffer)
    }
}
