internal import Bytes
internal import Exposure
internal import HTTPCodec
internal import RateLimits
internal import Settings

/// Which client a request counts for, and whether it may go on.
extension ServingLoop {
    /// Counts a request, once, when it is known what it asks for. Gives why it is refused. What it was counted as until
    /// then is given back when its call is over, which follows at once.
    func refusalByLimits(
        _ call: Call, of connection: ClientConnection, _ head: RequestHead, _ bytes: Span<UInt8>
    ) -> Rejection? {
        let now = clock.nanoseconds
        let limits = fairLimits
        if limits.policy.limitsTasks,
            !limits.admit(call, target: Int(call.target), exposure.targetRoutes, nowNanoseconds: now)
        {
            return .taskInFlight
        }
        guard limits.policy.limitsClients else { return nil }
        let client = clientKey(connection, head, bytes)
        if limits.admit(call, of: client, connection, nowNanoseconds: now) { return nil }
        if case .rateExceeded? = limits.refusal { return .rateLimited }
        return .clientInFlight
    }

    /// Its token, where that is asked for and it has one that is accepted; else the address that a trusted proxy gives,
    /// or its own.
    private func clientKey(
        _ connection: ClientConnection, _ head: RequestHead, _ bytes: Span<UInt8>
    ) -> ClientKey {
        if fairLimits.policy.identity == .token,
            let token = exposure.rules.authenticator.acceptedToken(head, bytes)
        {
            return fairLimits.keys.token(token.span)
        }
        if !proxies.isEmpty, proxies.contains(connection.peer),
            let client = ForwardedClient.address(head, bytes, peer: connection.peer, trusted: proxies)
        {
            return fairLimits.keys.address(client)
        }
        return connection.limitKey(by: fairLimits.keys)
    }
}

extension ClientKeys {
    func address(_ address: IPAddress) -> ClientKey {
        switch address.family {
        case .v4: ipv4(UInt32(truncatingIfNeeded: address.low))
        case .v6: ipv6(high: address.high)
        }
    }
}
