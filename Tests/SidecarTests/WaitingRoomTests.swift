import Testing

@testable import Sidecar

@Suite("WaitingRoom")
struct WaitingRoomTests {
    private let connection: ClientConnection
    private let around: QuietFront

    init() throws {
        around = try QuietFront()
        connection = try around.connection()
    }

    private func guest(_ ticket: UInt32, bytes: Int = 10) -> WaitingRoom.Guest {
        WaitingRoom.Guest(
            connection: connection, ticket: ticket, bytes: bytes, deadlineMilliseconds: 0, sinceNanoseconds: 0)
    }

    @Test("who came first goes first")
    func order() {
        var room = WaitingRoom(guestLimit: 1_000, byteLimit: 1 << 20)
        for ticket in 1...500 { room.enter(guest(UInt32(ticket))) }
        for ticket in 1...500 {
            #expect(room.first?.ticket == UInt32(ticket))
            #expect(room.removeFirst()?.ticket == UInt32(ticket))
        }
        #expect(room.removeFirst() == nil)
        #expect(room.first == nil)
        #expect(room.isEmpty)
        #expect(room.bytes == 0)
    }

    @Test("coming and going for long keeps order, count and bytes")
    func steady() {
        var room = WaitingRoom(guestLimit: 1_000, byteLimit: 1 << 20)
        var next: UInt32 = 0
        var oldest: UInt32 = 0
        for round in 0..<5_000 {
            for _ in 0...(round % 3) {
                room.enter(guest(next, bytes: Int(next % 7)))
                next += 1
            }
            for _ in 0...(round % 4) where !room.isEmpty {
                #expect(room.removeFirst()?.ticket == oldest)
                oldest += 1
            }
            #expect(room.count == Int(next - oldest))
            #expect(room.bytes == (oldest..<next).reduce(0) { $0 + Int($1 % 7) })
        }
    }

    @Test("the room is full at its number of guests")
    func guestLimit() {
        var room = WaitingRoom(guestLimit: 2, byteLimit: 1 << 20)
        room.enter(guest(1))
        #expect(room.hasRoom(for: 10))
        room.enter(guest(2))
        #expect(!room.hasRoom(for: 0))
        _ = room.removeFirst()
        #expect(room.hasRoom(for: 10))
    }

    @Test("the room is full at its bytes, to the byte")
    func byteLimit() {
        var room = WaitingRoom(guestLimit: 100, byteLimit: 100)
        room.enter(guest(1, bytes: 60))
        #expect(room.hasRoom(for: 40))
        #expect(!room.hasRoom(for: 41))
        _ = room.removeFirst()
        #expect(room.hasRoom(for: 100))
    }
}
