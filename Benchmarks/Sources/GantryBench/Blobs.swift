// W5: inputs of a mebibyte, whose time is that of copying them.

import Gantry
import Workloads

/// Functions of blobs, and the workloads that call them.
struct Blobs {
  let weighing: Function<[UInt8], Int>
  let echoing: Function<[UInt8], [UInt8]>

  init(_ plan: Plan) {
    let options = FunctionOptions(plan)
    weighing = Function("weigh", options: options) { (blob: [UInt8]) in weigh(blob) }
    echoing = Function("echo", options: options) { (blob: [UInt8]) in blob }
  }

  func into(_ plan: Plan) async throws -> Measures {
    let inputs = (0..<plan.count).map(plan.number("text", or: 0, least: 0) == 0 ? blob : textBlob)
    for _ in 0..<2 { _ = try await weighing.map(Array(inputs.prefix(64))).collect() }
    let start = nanoseconds()
    var outputs: [Int] = []
    for try await output in weighing.map(inputs) { outputs.append(output) }
    let elapsed = seconds(since: start)
    guard outputs == inputs.map(weigh) else { stop("The blobs weigh something else.") }
    return measures(elapsed, plan.count)
  }

  func echo(_ plan: Plan) async throws -> Measures {
    let inputs = (0..<plan.count).map(plan.number("text", or: 0, least: 0) == 0 ? blob : textBlob)
    for _ in 0..<2 { _ = try await echoing.map(Array(inputs.prefix(64))).collect() }
    let start = nanoseconds()
    var sum = 0
    for try await output in echoing.map(inputs) { sum += weigh(output) }
    let elapsed = seconds(since: start)
    guard sum == inputs.reduce(0, { $0 + weigh($1) }) else { stop("The blobs came back changed.") }
    return measures(elapsed, plan.count)
  }

  private func measures(_ elapsed: Double, _ count: Int) -> Measures {
    ["seconds": elapsed, "n": Double(count), "bytes_per_second": Double(count * blobBytes) / elapsed]
  }
}
