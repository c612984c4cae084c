// One run for tools/count, which counts what it costs: `CountedRuns WORKLOAD INPUTS [CHUNK]`. Prints one line of facts.
// The same run with more inputs costs more by what those inputs cost: starting and warming up are in both.

import Gantry

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

@main
struct CountedRuns {
  static func main() async throws {
    let plan = Plan(CommandLine.arguments)
    // Stored as they are: whether compressing pays is decided by time, and counts are to be the same each time.
    let options = FunctionOptions(
      maxContainers: 2, chunking: plan.chunk.map { .fixed($0) } ?? .automatic, compression: .none)
    let square = Function("square", options: options) { (x: Int) in x &* x }
    let length = Function("length", options: options) { (blob: [UInt8]) in blob.count }
    let echo = Function("echo", options: options) { (blob: [UInt8]) in blob }
    let driver = try Driver(square, length, echo)
    switch plan.workload {
    case .square: try await mapSquares(square, plan.inputs)
    case .length: try await sumLengths(length, plan.inputs)
    case .echo: try await takeEchoes(echo, plan.inputs)
    }
    let functions = driver.statistics.functions
    let containers = functions.flatMap(\.containers).map { String($0.pid) }
    print(
      "chunks=\(functions.reduce(0) { $0 + $1.chunks })", "driver=\(getpid())",
      "containers=\(containers.joined(separator: ","))")
    await driver.shutdown()
  }
}

private func mapSquares(_ square: Function<Int, Int>, _ count: Int) async throws {
  // What is learnt here of an input's time decides how often outputs are published.
  _ = try await square.map(Array(0..<100_000)).collect()
  let outputs = try await square.map(Array(0..<count)).collect()
  guard outputs.count == count, outputs.enumerated().allSatisfy({ $1 == $0 &* $0 }) else {
    stop("The squares are wrong.")
  }
}

private func sumLengths(_ length: Function<[UInt8], Int>, _ count: Int) async throws {
  let blob = makeBlob()
  var bytes = 0
  for try await length in length.map(repeatElement(blob, count: count)) { bytes += length }
  guard bytes == count * blob.count else { stop("The lengths are wrong.") }
}

private func takeEchoes(_ echo: Function<[UInt8], [UInt8]>, _ count: Int) async throws {
  let blob = makeBlob()
  var taken = 0
  for try await output in echo.map(repeatElement(blob, count: count)) {
    guard output.count == blob.count, output.last == blob.last else { stop("An echo is wrong.") }
    taken += 1
  }
  guard taken == count else { stop("There were \(taken) echoes of \(count) blobs.") }
}

/// A blob is 1 MiB.
private func makeBlob() -> [UInt8] {
  (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: ($0 &* 0x9E37_79B1) >> 13) }
}

/// What the arguments ask for.
private struct Plan: Sendable {
  enum Workload: String {
    case square
    case length
    case echo
  }

  let workload: Workload
  let inputs: Int
  let chunk: Int?

  init(_ arguments: [String]) {
    guard (3...4).contains(arguments.count), let workload = Workload(rawValue: arguments[1]),
      let inputs = Int(arguments[2]), inputs > 0
    else { stop("usage: CountedRuns square|length|echo INPUTS [CHUNK]") }
    self.workload = workload
    self.inputs = inputs
    chunk = arguments.count > 3 ? Int(arguments[3]) : nil
  }
}

private func stop(_ message: String) -> Never {
  var text = message + "\n"
  text.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
  exit(2)
}
