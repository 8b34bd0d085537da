import Bytes
import Glibc
import Testing

@testable import EventLoop

/// A stream that remembers what happened to it.
final class Recorder: Stream {
    /// What each call of `received` was offered.
    var offers: [[UInt8]] = []
    /// Everything consumed.
    var consumed: [UInt8] = []
    /// How much of an offer to consume; nil for all of it.
    var appetite: Int?
    var whileReceiving: ((Recorder) -> Void)?
    var whenEnded: ((Recorder) -> Void)?
    var whenClosed: (() -> Void)?
    var ends: [LoopError?] = []
    var drains = 0
    var closings = 0

    override func received(_ bytes: Span<UInt8>) -> Int {
        let offer = bytes.copied()
        offers.append(offer)
        whileReceiving?(self)
        let taken = min(offer.count, appetite ?? offer.count)
        consumed += offer[..<taken]
        return taken
    }

    override func ended(_ error: LoopError?) {
        ends.append(error)
        whenEnded?(self)
    }

    override func drained() { drains += 1 }

    override func closed() {
        closings += 1
        whenClosed?()
    }

    func say(_ text: String) {
        prepareOutbox()
        outbox.append(utf8: text)
        flushSoon()
    }
}

/// The other end of a connection: a plain descriptor, closed when dropped.
final class Peer {
    private(set) var descriptor: Int32

    init(_ descriptor: Int32) { self.descriptor = descriptor }
    deinit { close() }

    func close() {
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
        descriptor = -1
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) {
        let sent = unsafe Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        #expect(sent == bytes.count)
    }

    /// One read's worth, or nil when nothing is there (or nothing more will be: `isAtEnd`).
    func receive(limitBytes: Int = 1 << 20) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: limitBytes)
        let count = unsafe recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        return count > 0 ? Array(bytes[..<count]) : nil
    }

    func receiveText() -> String? { receive().map { String(decoding: $0, as: UTF8.self) } }

    var isAtEnd: Bool {
        var byte: UInt8 = 0
        return unsafe recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT | MSG_PEEK)) == 0
    }

    /// The error of the next read: ECONNRESET after a reset.
    var readError: Int32 {
        var byte: UInt8 = 0
        return unsafe recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT)) < 0 ? errno : 0
    }

    /// Waits on a thread of its own for one byte and sends it back: the loop under test is turned by nothing else.
    func echoOneByteElsewhere() throws {
        let descriptor = descriptor
        try LoopThread.start {
            var byte: UInt8 = 0
            if unsafe recv(descriptor, &byte, 1, 0) == 1 { _ = unsafe Glibc.send(descriptor, &byte, 1, 0) }
        }
    }

    /// Ends the connection with a reset.
    func reset() {
        lingerZero(descriptor)
        close()
    }
}

/// A stream on `loop` and its other end. With `.packets`, each write of the stream is one read of the peer.
func makePair(_ loop: Loop, _ kind: PairKind = .bytes) throws -> (stream: Recorder, peer: Peer) {
    var descriptors: [Int32] = [-1, -1]
    let type = kind == .packets ? SOCK_SEQPACKET : SOCK_STREAM
    try #require(unsafe socketpair(AF_UNIX, Int32(type.rawValue), 0, &descriptors) == 0)
    let stream = try Recorder(loop: loop, transport: .unixSocket)
    try stream.adopt(unixSocket: descriptors[0])
    return (stream, Peer(descriptors[1]))
}

enum PairKind { case bytes, packets }

/// Turns the loop until `isDone`, for ten seconds at most; nothing of this wakes it before.
@discardableResult
func turn(_ loop: Loop, until isDone: () -> Bool) -> Bool {
    let patience = Timer(loop: loop) {}
    patience.start(delayMilliseconds: 10_000)
    defer { patience.close() }
    let deadline = loop.nanoseconds + 10_000_000_000
    while !isDone() && loop.nanoseconds < deadline { loop.runOnce() }
    return isDone()
}

/// Turns the loop for a while in which something must not happen.
func turn(_ loop: Loop, milliseconds: Int) {
    var isOver = false
    let timer = Timer(loop: loop) { isOver = true }
    // It repeats, since a timer may fire before the loop waits, which then nothing would end.
    timer.start(delayMilliseconds: milliseconds, repeatMilliseconds: max(1, milliseconds))
    while !isOver { loop.runOnce() }
    timer.close()
}

let loopback = SocketAddress(host: "127.0.0.1", port: 0)!

/// A blocking connection to `address`.
func connect(to address: SocketAddress) throws -> Peer {
    let descriptor = socket(Int32(address.family), Int32(SOCK_STREAM.rawValue), 0)
    let length = address.version == 6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
    let status = try unsafe address.withSockaddr { unsafe Glibc.connect(descriptor, $0, socklen_t(length)) }
    let peer = Peer(descriptor)
    guard status == 0 else { throw LoopError.fromErrno }
    return peer
}

/// A folder of its own, removed with all that is in it when dropped.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/runner-sidecar-XXXXXX".utf8CString)
        let made = unsafe mkdtemp(&template)
        try unsafe #require(made != nil)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        if let folder = unsafe opendir(path) {
            while let entry = unsafe readdir(folder) {
                let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) {
                    unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name != "." && name != ".." { unsafe Glibc.remove(path + "/" + name) }
            }
            unsafe closedir(folder)
        }
        unsafe rmdir(path)
    }

    func permissions(_ name: String) -> UInt32 {
        var info = stat()
        return unsafe stat(path + "/" + name, &info) == 0 ? info.st_mode & 0o7777 : 0
    }
}
