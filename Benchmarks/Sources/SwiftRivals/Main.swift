// Swift without isolation, and the ideal: `SwiftRivals loop|perform|taskgroup|processes WORKLOAD key=value...`.
// `processes` is as many independent processes as there are workers, each with its share: what a pool can reach at best.

import Workloads

@main
struct SwiftRivals {
  static func main() async {
    let arguments = CommandLine.arguments.dropFirst()
    guard let name = arguments.first, let way = ways[name] else {
      stop("Name one of \(ways.keys.sorted().joined(separator: ", ")), then a workload.")
    }
    if arguments.dropFirst().first == "--about" { describe(way.name, way.workloads) }
    let plan = Plan(arguments.dropFirst())
    guard way.workloads.contains(plan.workload) else { stop("\(way.name) has no workload \(plan.workload).") }
    await measure(way, plan)
  }
}

/// One way to apply a function to all indices below a count.
struct Way: Sendable {
  let name: String
  let workloads: [String]
  /// Runs a body for slices of the indices, on so many workers, and returns when all are done.
  let run:
    @Sendable (_ count: Int, _ workers: Int, _ body: @escaping @Sendable (Range<Int>) -> Void) async -> Void
}

private let all = ["w1-collect", "w2", "w3", "w4", "w5-in", "w6", "w7", "w8-ordered", "w8-unordered"]

let ways: [String: Way] = [
  "loop": Way(name: "plain loop", workloads: all + ["w1-bare-await"]) { count, _, body in body(0..<count) },
  "perform": Way(name: "concurrentPerform", workloads: all, run: performConcurrently),
  "taskgroup": Way(name: "TaskGroup", workloads: all, run: runTasks),
  "processes": Way(
    name: "independent processes", workloads: ["w7", "w8-ordered", "w8-unordered"], run: runProcesses),
]

/// Runs one workload and prints its time.
private func measure(_ way: Way, _ plan: Plan) async -> Never {
  let count = plan.count
  switch plan.workload {
  case "w1-collect": await time(way, plan, (0..<count).map { $0 }, square)
  case "w1-bare-await": await timeBareIteration(count)
  case "w2": await time(way, plan, (0..<count).map { ($0, $0 + 1) }) { combine($0.0, $0.1) }
  case "w3": await time(way, plan, (0..<count).map(text), exclaim)
  case "w4": await time(way, plan, (0..<count).map(Item.init), renumber)
  case "w5-in": await time(way, plan, (0..<count).map(blob), weigh)
  case "w6": await time(way, plan, (0..<count).map(line)) { (try? parse($0)) ?? -1 }
  case "w7": await time(way, plan, (0..<count).map { $0 }) { burn(microseconds: 100, $0) }
  default: await time(way, plan, (0..<count).map { $0 }) { burn(microseconds: skewed($0), $0) }
  }
}

/// Times the function over the inputs, into one array.
private func time<Input: Sendable, Output: Sendable>(
  _ way: Way, _ plan: Plan, _ inputs: [Input], _ body: @escaping @Sendable (Input) -> Output
) async -> Never {
  // Threads are there, and processors awake, before the clock starts.
  await way.run(plan.workers, plan.workers) { _ in _ = burn(microseconds: 2_000, 1) }
  let outputs = Outputs<Output>(inputs.count)
  let start = nanoseconds()
  await way.run(inputs.count, plan.workers) { slice in
    for index in slice { outputs.set(index, body(inputs[index])) }
  }
  let elapsed = seconds(since: start)
  report(["seconds": elapsed, "n": Double(inputs.count)])
}

/// Room for outputs, each written once by whoever has its index.
///
/// `@unchecked Sendable`: indices are dealt out disjoint, and nothing is read before all writers are done.
private final class Outputs<Output>: @unchecked Sendable {
  private let base: UnsafeMutablePointer<Output>
  init(_ count: Int) { base = .allocate(capacity: count) }
  func set(_ index: Int, _ output: Output) { (base + index).initialize(to: output) }
}
