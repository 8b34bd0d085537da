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
        let hadRoom = room.hasRoom(for: 10)
        room.enter(guest(2))
        let wasFull = !room.hasRoom(for: 0)
        _ = room.removeFirst()
        let hasRoomAgain = room.hasRoom(for: 10)
        #expect(hadRoom && wasFull && hasRoomAgain)
    }

    @Test("the room is full at its bytes, to the byte")
    func byteLimit() {
        var room = WaitingRoom(guestLimit: 100, byteLimit: 100)
        room.enter(guest(1, bytes: 60))
        let (fits, fitsNot) = (room.hasRoom(for: 40), !room.hasRoom(for: 41))
        _ = room.removeFirst()
        let fitsAll = room.hasRoom(for: 100)
        #expect(fits && fitsNot && fitsAll)
    }

    @Test("who has left makes room for others, and who stays keeps the place")
    func leavers() throws {
        let (stays, leaves) = (try around.connection(), try around.connection())
        var room = WaitingRoom(guestLimit: 3, byteLimit: 1 << 20)
        for (ticket, one) in [(1, leaves), (2, stays), (3, leaves)] as [(UInt32, ClientConnection)] {
            one.ticket = ticket
            one.phase = .waiting
            room.enter(
                WaitingRoom.Guest(
                    connection: one, ticket: ticket, bytes: 10, deadlineMilliseconds: 0, sinceNanoseconds: 0))
        }
        let wasFull = !room.hasRoom(for: 10)
        leaves.phase = .finished
        room.noteLeaving()
        let hasRoom = room.hasRoom(for: 10)
        #expect(wasFull && hasRoom)
        #expect(room.count == 1)
        #expect(room.bytes == 10)
        #expect(room.removeFirst()?.connection === stays)
    }
}
