internal import Glibc
internal import Sidecar

exit(Program.run(arguments: Array(CommandLine.arguments.dropFirst())))
