internal import Glibc

/// Socket options libuv has no call for.

func currentErrno() -> Int32 { errno }

func setReusePort(_ descriptor: Int32) throws(LoopError) {
    var on: Int32 = 1
    guard unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, socklen_t(MemoryLayout<Int32>.size)) == 0 else {
        throw .fromErrno
    }
}

/// Makes the coming close a reset.
func lingerZero(_ descriptor: Int32) {
    var option = linger(l_onoff: 1, l_linger: 0)
    _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
}

func shutDownWriting(_ descriptor: Int32) {
    _ = shutdown(descriptor, Int32(SHUT_WR))
}

/// Reads what is there without waiting: the number of bytes, 0 at the end, -1 when there is nothing or an error.
func receiveAtOnce(_ descriptor: Int32, _ memory: UnsafeMutableRawPointer, _ count: Int) -> Int {
    unsafe recv(descriptor, memory, count, Int32(MSG_DONTWAIT))
}

/// Bytes that the kernel took for a peer and the peer has not acknowledged.
func unacknowledgedBytes(_ descriptor: Int32) -> Int {
    var count: Int32 = 0
    return unsafe ioctl(descriptor, UInt(TIOCOUTQ), &count) == 0 ? Int(count) : 0
}

/// Accepts a connection if one waits at a listener that does not block; nil when none does, or on an error.
func acceptAtOnce(_ listener: Int32) -> Int32? {
    let accepted = accept(listener, nil, nil)
    guard accepted >= 0 else { return nil }
    _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
    return accepted
}

/// A copy of a descriptor that is closed on exec, or nil when none is left.
func duplicate(_ descriptor: Int32) -> Int32? {
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    return copy >= 0 ? copy : nil
}

/// Whether the kernel knows a socket to be broken (reset, or closed both ways), without reading from it.
func hasHungUp(_ descriptor: Int32) -> Bool {
    var entry = pollfd(fd: descriptor, events: 0, revents: 0)
    return unsafe poll(&entry, 1, 0) == 1 && Int32(entry.revents) & (POLLERR | POLLHUP) != 0
}

/// Lets another thread run.
func yieldProcessor() { sched_yield() }
