public import Bytes
internal import JSONCheck

/// The answer to a HELLO that was understood.
public struct Welcome: Equatable, Sendable {
    public var frontVersion: String
    /// How many links the worker is to open: one for each of the front's loops.
    public var loops: Int
    /// Which link this is.
    public var link: Int
    public var limits: FrameLimits
    /// How much data may be unacknowledged per call and direction.
    public var windowBytes: Int
    /// Request line and headers of one request: the shim's own parser must take as much.
    public var headerBytes: Int

    public init(
        frontVersion: String, loops: Int, link: Int, limits: FrameLimits = FrameLimits(), windowBytes: Int,
        headerBytes: Int = 16 << 10
    ) {
        self.frontVersion = frontVersion
        self.loops = loops
        self.link = link
        self.limits = limits
        self.windowBytes = windowBytes
        self.headerBytes = headerBytes
    }

    public func write(into buffer: inout ByteBuffer) {
        let json = JSONTree.object([
            .init("protocol", .integer(Int(BridgeProtocol.version))),
            .init("front", .string(frontVersion)),
            .init("loops", .integer(loops)),
            .init("link", .integer(link)),
            .init(
                "limits",
                .object([
                    .init("frameBytes", .integer(limits.frameBytes)),
                    .init("resultBytes", .integer(limits.resultBytes)),
                    .init("windowBytes", .integer(windowBytes)),
                    .init("headerBytes", .integer(headerBytes)),
                    .init("pongBytes", .integer(WorkerLoad.byteCounts.whole)),
                    .init("resultFlags", .integer(Int(ResultFlags.all.rawValue))),
                ])),
        ])
        json.write(as: .welcome, into: &buffer)
    }
}

/// The answer to a HELLO that was not; the front closes the link behind it.
public struct Refused: Equatable, Sendable {
    /// For a person, with the remedy in it.
    public var reason: String
    /// Whether it is worth trying again later without a change.
    public var retry: Bool

    public init(reason: String, retry: Bool) {
        self.reason = reason
        self.retry = retry
    }

    public func write(into buffer: inout ByteBuffer) {
        let json = JSONTree.object([
            .init("protocol", .integer(Int(BridgeProtocol.version))),
            .init("reason", .string(reason)),
            .init("retry", .bool(retry)),
        ])
        json.write(as: .refused, into: &buffer)
    }
}

extension JSONTree {
    fileprivate func write(as type: FrameType, into buffer: inout ByteBuffer) {
        var text = ByteBuffer()
        write(into: &text)
        FrameWriter.write(FrameHeader(type: type, field: BridgeProtocol.version), payload: text.bytes, into: &buffer)
    }
}
