// W3, W4 and W6: inputs that have to be encoded and decoded one by one.

import Gantry
import Workloads

extension Item: Payload {}

/// Functions of strings and structs, and the workloads that call them.
struct Texts {
  let exclaiming: Function<String, String>
  let renumbering: Function<Item, Item>
  let parsing: Function<String, Int>

  init(_ plan: Plan) {
    let options = FunctionOptions(plan)
    exclaiming = Function("exclaim", options: options) { (text: String) in exclaim(text) }
    renumbering = Function("renumber", options: options) { (item: Item) in renumber(item) }
    parsing = Function("parse", options: options) { (line: String) in try parse(line) }
  }

  func strings(_ plan: Plan) async throws -> Measures {
    try await time(exclaiming, (0..<plan.count).map(text)) { $0 == exclaim($1) }
  }

  func items(_ plan: Plan) async throws -> Measures {
    try await time(renumbering, (0..<plan.count).map(Item.init)) { $0 == renumber($1) }
  }

  func lines(_ plan: Plan) async throws -> Measures {
    try await time(parsing, (0..<plan.count).map(line)) { output, _ in output > 0 }
  }

  private func time<Input: Payload, Output: Payload>(
    _ function: Function<Input, Output>, _ inputs: [Input], _ isRight: (Output, Input) -> Bool
  ) async throws -> Measures {
    _ = try await function.map(Array(inputs.prefix(50_000))).collect()
    let start = nanoseconds()
    let outputs = try await function.map(inputs).collect()
    let elapsed = seconds(since: start)
    guard outputs.count == inputs.count, zip(outputs, inputs).allSatisfy(isRight) else {
      stop("The outputs are wrong.")
    }
    return ["seconds": elapsed, "n": Double(inputs.count)]
  }
}
