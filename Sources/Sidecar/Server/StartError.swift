internal import EventLoop

extension Front {
    /// Why a front cannot start.
    public struct StartError: Error, Sendable {
        /// For a person, with the remedy.
        public let message: String
        /// The system's name of it, such as `EADDRINUSE`, where it was the system that said no.
        let code: String?
        /// The address it is about.
        let address: SocketAddress?

        init(message: String, code: String? = nil, address: SocketAddress? = nil) {
            self.message = message
            self.code = code
            self.address = address
        }

        init(_ error: LoopError, listeningOn point: ListenPoint) {
            let place = point.text
            let message =
                switch error.name {
                case "EADDRINUSE":
                    "\(place) is in use. Choose another address with --listen, stop what listens there, or start both "
                        + "fronts with --share-port to hand over"
                case "EACCES": "no permission to listen on \(place). Ports below 1024 need CAP_NET_BIND_SERVICE"
                case "EADDRNOTAVAIL": "\(place) is not an address of this machine. See --listen"
                default: "cannot listen on \(place): \(error)"
                }
            self.init(message: message, code: error.name, address: point.address)
        }

        /// Tells the program that started this one, on standard output, as it would be told of `listening`.
        func announce() {
            var line = "{\"event\":\"failed\",\"message\":\(LineLogHandler.json(message))"
            if let code { line += ",\"code\":\(LineLogHandler.json(code))" }
            if let address { line += ",\"address\":\"\(address.host)\",\"port\":\(address.port)" }
            StandardOutput.write(line + "}\n")
        }
    }
}
