import Bytes

/// A request method (RFC 9110, 9). `other` is one that Node's parser knows too but that no rule here depends on;
/// `RequestHead.methodRange` says which. What Node's parser does not know is refused, as it refuses it.
public enum HTTPMethod: UInt8, Sendable, CaseIterable {
    case get, head, post, put, delete, connect, options, trace, patch, other

    static let longestName = 11

    /// The method of that exact spelling, nil if there is none.
    init?(_ name: Span<UInt8>) {
        // By length, so that at most eight names are compared.
        switch name.count {
        case 3:
            if name.equals("GET") {
                self = .get
            } else if name.equals("PUT") {
                self = .put
            } else if name.equals("ACL") {
                self = .other
            } else {
                return nil
            }
        case 4:
            if name.equals("POST") {
                self = .post
            } else if name.equals("HEAD") {
                self = .head
            } else if name.equals("BIND") || name.equals("COPY") || name.equals("LINK") || name.equals("LOCK")
                || name.equals("MOVE")
            {
                self = .other
            } else {
                return nil
            }
        case 5:
            if name.equals("PATCH") {
                self = .patch
            } else if name.equals("TRACE") {
                self = .trace
            } else if name.equals("MERGE") || name.equals("MKCOL") || name.equals("PURGE") || name.equals("QUERY") {
                self = .other
            } else {
                return nil
            }
        case 6:
            if name.equals("DELETE") {
                self = .delete
            } else if name.equals("NOTIFY") || name.equals("REBIND") || name.equals("REPORT") || name.equals("SEARCH")
                || name.equals("SOURCE") || name.equals("UNBIND") || name.equals("UNLINK") || name.equals("UNLOCK")
            {
                self = .other
            } else {
                return nil
            }
        case 7:
            if name.equals("OPTIONS") {
                self = .options
            } else if name.equals("CONNECT") {
                self = .connect
            } else {
                return nil
            }
        case 8:
            guard name.equals("CHECKOUT") || name.equals("M-SEARCH") || name.equals("PROPFIND") else { return nil }
            self = .other
        case 9:
            guard name.equals("PROPPATCH") || name.equals("SUBSCRIBE") else { return nil }
            self = .other
        case 10:
            guard name.equals("MKACTIVITY") || name.equals("MKCALENDAR") else { return nil }
            self = .other
        case 11:
            guard name.equals("UNSUBSCRIBE") else { return nil }
            self = .other
        default:
            return nil
        }
    }
}
