internal import CLibUV

/// How every handle of libuv's ends here: libuv keeps a handle in its lists until the callback of `uv_close`, so that
/// its memory may be freed there and not before, whatever becomes of the object that stands for it.
enum Handle {
    /// Closes a handle that `allocate` made and frees its memory once libuv has let go of it.
    static func closeAndFree(_ handle: UnsafeMutableRawPointer) {
        unsafe handle.withMemoryRebound(to: uv_handle_t.self, capacity: 1) {
            unsafe uv_close($0) { unsafe UnsafeMutableRawPointer($0!).deallocate() }
        }
    }

    /// Lets the loop end although this handle is still there.
    static func unreference(_ handle: UnsafeMutableRawPointer) {
        unsafe handle.withMemoryRebound(to: uv_handle_t.self, capacity: 1) { unsafe uv_unref($0) }
    }

    /// The descriptor behind a handle, -1 when it has none (any more).
    static func descriptor(of handle: UnsafeMutableRawPointer) -> Int32 {
        var descriptor: Int32 = -1
        return unsafe handle.withMemoryRebound(to: uv_handle_t.self, capacity: 1) {
            unsafe uv_fileno($0, &descriptor) == 0 ? descriptor : -1
        }
    }
}
