internal import Bytes

/// A run of CORS header lines, by number.
public struct CORSBlock: Equatable, Sendable {
    /// From 0: kept for good. Below 0: lent out, see `CORSPolicy.release`.
    var number: Int32

    /// No CORS headers at all: what nodeExposure answers itself before it has come to them.
    public static let none = CORSBlock(number: 0)
}

/// The CORS header lines in use, each made once and then copied as one run with what stands around it in an answer.
///
/// Origins come from clients, so only so many blocks are kept; past that bound a block is lent for one answer.
struct CORSBlocks: Sendable {
    /// What stands before and after the CORS lines in the head of an ordinary answer.
    static let okStart: StaticString = "HTTP/1.1 200 OK\r\n"
    static let jsonStart: StaticString = "content-type: application/json; charset=utf-8\r\ncontent-length: "

    /// Blocks kept for good.
    static let keptCount = 1_024
    /// Bytes of one block that is kept.
    static let keptBlockBytes = 1_024

    /// Blocks kept, each between `okStart` and `jsonStart`, one after another.
    private var storage: [UInt8] = []
    /// Where each kept block ends.
    private var ends: [Int] = []
    private var lent: [[UInt8]] = []
    private var free: [Int32] = []

    init() {
        let none = add([])
        precondition(none == CORSBlock.none)
    }

    /// Whether a block with so many bytes of lines can be kept.
    func hasRoom(for byteCount: Int) -> Bool {
        ends.count < Self.keptCount && byteCount <= Self.keptBlockBytes
    }

    /// Keeps `lines` for good.
    mutating func add(_ lines: [UInt8]) -> CORSBlock {
        storage += Self.whole(lines)
        ends.append(storage.count)
        return CORSBlock(number: Int32(ends.count - 1))
    }

    /// Keeps `lines` until they are released.
    mutating func lend(_ lines: [UInt8]) -> CORSBlock {
        let whole = Self.whole(lines)
        if let slot = free.popLast() {
            lent[Int(slot)] = whole
            return CORSBlock(number: ~slot)
        }
        lent.append(whole)
        return CORSBlock(number: ~Int32(lent.count - 1))
    }

    mutating func release(_ block: CORSBlock) {
        guard block.number < 0 else { return }
        lent[Int(~block.number)] = []
        free.append(~block.number)
    }

    /// How many blocks are lent and not yet released.
    var lentCount: Int { lent.count - free.count }

    /// Appends the head of a 200 from its status line to `content-length: `.
    @inline(__always)
    func appendOKPrefix(_ block: CORSBlock, _ id: RunnerRequestID, to buffer: inout ByteBuffer) {
        guard case .none = id else { return appendOKPrefix(block, named: id, to: &buffer) }
        guard block.number >= 0 else { return buffer.append(lent[Int(~block.number)]) }
        buffer.append(storage.span.extracting(range(of: block)))
    }

    /// The same with the id behind the status line.
    private func appendOKPrefix(_ block: CORSBlock, named id: RunnerRequestID, to buffer: inout ByteBuffer) {
        buffer.append(Self.okStart)
        id.writeLine(into: &buffer)
        let length = Self.okStart.utf8CodeUnitCount
        guard block.number >= 0 else {
            let whole = lent[Int(~block.number)]
            return buffer.append(whole.span.extracting(droppingFirst: length))
        }
        buffer.append(storage.span.extracting(range(of: block)).extracting(droppingFirst: length))
    }

    /// Appends just the CORS lines.
    func appendLines(_ block: CORSBlock, to buffer: inout ByteBuffer) {
        guard block.number >= 0 else {
            let whole = lent[Int(~block.number)]
            return buffer.append(whole.span.extracting(Self.lines(in: 0..<whole.count)))
        }
        buffer.append(storage.span.extracting(Self.lines(in: range(of: block))))
    }

    private func range(of block: CORSBlock) -> Range<Int> {
        let number = Int(block.number)
        return (number == 0 ? 0 : ends[number - 1])..<ends[number]
    }

    private static func whole(_ lines: [UInt8]) -> [UInt8] {
        Array(okStart.description.utf8) + lines + Array(jsonStart.description.utf8)
    }

    /// Where the lines are in a run that `whole` made.
    private static func lines(in whole: Range<Int>) -> Range<Int> {
        whole.lowerBound + okStart.utf8CodeUnitCount..<whole.upperBound - jsonStart.utf8CodeUnitCount
    }
}
