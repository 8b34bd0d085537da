internal import BridgeProtocol
internal import Settings

extension Configuration {
    /// The options that rule over what the app configured, as workers are told of them.
    var overrides: Overrides {
        let tokens = acceptedTokens
        return Overrides(
            basePath: basePath, corsOrigins: corsOrigins, tokens: tokens.isEmpty ? nil : tokens,
            tokenHeader: tokenHeader)
    }
}
