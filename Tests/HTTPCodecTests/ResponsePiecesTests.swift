import Bytes
import Foundation
import Testing

@testable import HTTPCodec

@Suite("A response's pieces")
struct ResponsePiecesTests {
    @Test("a date is an IMF-fixdate, the same as Foundation's, on every day of four centuries")
    func dates() {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "GMT")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        // Every 13th day, at a time that walks through the day.
        for day in stride(from: 0, to: 146_100, by: 13) {
            let seconds = day * 86_400 + day * 7 % 86_400
            #expect(written(seconds) == formatter.string(from: Date(timeIntervalSince1970: Double(seconds))))
        }
        #expect(written(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(written(951_782_400) == "Tue, 29 Feb 2000 00:00:00 GMT")
        #expect(written(253_402_300_799) == "Fri, 31 Dec 9999 23:59:59 GMT")
    }

    @Test("a status line has the phrase that Node gives the status")
    func statusLines() {
        func line(_ status: Int) -> String {
            var buffer = ByteBuffer()
            StatusLine.write(status: status, into: &buffer)
            return String(decoding: buffer.bytes.copied(), as: UTF8.self)
        }
        #expect(line(200) == "HTTP/1.1 200 OK\r\n")
        #expect(line(418) == "HTTP/1.1 418 I'm a Teapot\r\n")
        #expect(line(431) == "HTTP/1.1 431 Request Header Fields Too Large\r\n")
        #expect(line(499) == "HTTP/1.1 499 unknown\r\n")
    }

    private func written(_ seconds: Int) -> String {
        var buffer = ByteBuffer()
        HTTPDate.write(unixSeconds: seconds, into: &buffer)
        return String(decoding: buffer.bytes.copied(), as: UTF8.self)
    }
}
