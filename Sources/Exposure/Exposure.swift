// TEMPORARY bring-up version
public import BridgeProtocol
public import Bytes
public import HTTPCodec
public enum Decision { case call(target: Int, kind: Hello.TargetKind, cors: Int), discovery(target: Int, cors: Int), stream(target: Int), outside, preflight(cors: Int), reject(Rejection, cors: Int), askOrigin }
public enum Rejection: Sendable { case notFound }
public final class ExposureEngine {
  var ids: [String: Int] = [:]
  var n = 0
  public init(_ s: ExposureSettings) {}
  public func intern(_ t: Hello.Target) -> Int { let k = "/__runner/\(t.kind.rawValue)/\(t.id)"; if let i = ids[k] { return i }; ids[k] = n; n += 1; return n - 1 }
  public func decide(_ head: borrowing RequestHead, _ bytes: Span<UInt8>) -> Decision {
    let p = String(decoding: bytes.extracting(head.target.range).copied(), as: UTF8.self)
    guard let i = ids[p] else { return .reject(.notFound, cors: 1) }
    let ct = head[.contentType].value
    if !ct.isEmpty, bytes[Int(ct.offset)] == UInt8(ascii: "m") { return .stream(target: i) }
    return .call(target: i, kind: .task, cors: 1)
  }
}
extension ExposureEngine {
  public var defaultCORS: Int { 1 }
  public func writeJSONHead(status: Int, cors: Int, contentLength: Int, date: Span<UInt8>, keepAlive: Bool, minorVersion: UInt8, into out: inout ByteBuffer) {
        StatusLine.write(status: status, into: &out)
        out.append("Access-Control-Allow-Origin: *\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ")
        out.append(decimal: contentLength)
        out.append("\r\nDate: ")
        out.append(date)
        out.append(keepAlive ? "\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\n\r\n" : "\r\nConnection: close\r\n\r\n")
  }
}
public enum CORSBlock { public static let none = 0; public static let any = 1 }
