internal import Bytes
internal import BridgeProtocol
internal import EventLoop
internal import Exposure
internal import HTTPCodec

/// A request that waits for what the app's origin rule says.
struct OriginQuestion {
    let connection: ClientConnection
    let ticket: UInt32
    let origin: [UInt8]?
}

extension FrontLoop {
    func askOrigin(for connection: ClientConnection, _ head: borrowing RequestHead, _ bytes: Span<UInt8>) {
    }
    func originAnswered(question: UInt32, flags: OriginAnswerFlags, value: Span<UInt8>) {
    }
    func rebuildExposure(with hello: Hello) {
        if exposure == nil { exposure = ExposureEngine(hello.exposure) }
    }
}
