internal import CLibUV

/// An error libuv reported, with its name (`EADDRINUSE`) and sentence.
public struct LoopError: Error, Equatable, Sendable, CustomStringConvertible {
    /// libuv's negative code.
    public let code: Int32

    public init(code: Int32) { self.code = code }

    /// The symbolic name, such as `EADDRINUSE`.
    public var name: String { unsafe String(cString: uv_err_name(code)) }
    /// What it means, such as `address already in use`.
    public var message: String { unsafe String(cString: uv_strerror(code)) }
    public var description: String { "\(message) (\(name))" }

    public var isAddressInUse: Bool { code == UV_EADDRINUSE.rawValue }
    public static let connectionReset = LoopError(code: UV_ECONNRESET.rawValue)
    public static let wouldBlock = LoopError(code: UV_EAGAIN.rawValue)
    static let unsupportedFamily = LoopError(code: UV_EAFNOSUPPORT.rawValue)
    static let fileTooLarge = LoopError(code: UV_EFBIG.rawValue)

    /// Throws when `status` is one of libuv's negative codes.
    @discardableResult
    static func check(_ status: Int32) throws(LoopError) -> Int32 {
        if status < 0 { throw LoopError(code: status) }
        return status
    }

    /// `errno` as libuv codes it.
    static var fromErrno: LoopError { LoopError(code: uv_translate_sys_error(currentErrno())) }
}
