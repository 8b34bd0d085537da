/// Runs the pure modules, each by itself, for scripts/bench to measure from outside.
///
///     bench-modules list                    the names of what it can run, one a line
///     bench-modules run NAME TIMES          runs one that many times: whoever starts it counts the instructions
///     bench-modules json-text KIND          prints 1 MB of JSON: records, strings or numbers
///     bench-modules json-time KIND TIMES    checks that text, and prints the median's nanoseconds

let arguments = Array(CommandLine.arguments.dropFirst())
let times = arguments.last.flatMap { Int($0) } ?? 0
switch (arguments.first, arguments.count) {
case ("list", 1):
    for work in moduleWorks() { print(work.name) }
case ("run", 3) where times > 0:
    guard let work = moduleWorks().first(where: { $0.name == arguments[1] }) else {
        fatalError("bench-modules list says what there is to run")
    }
    work.run(times)
case ("json-text", 2):
    guard let kind = LargeText(rawValue: arguments[1]) else { fatalError("records, strings or numbers") }
    print(kind.text, terminator: "")
case ("json-time", 3) where times > 0:
    guard let kind = LargeText(rawValue: arguments[1]) else { fatalError("records, strings or numbers") }
    print(kind.checkNanoseconds(times: times))
default:
    fatalError("usage: bench-modules list | run NAME TIMES | json-text KIND | json-time KIND TIMES")
}
