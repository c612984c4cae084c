// Programs that conformance scenarios start, to listen to them or to end them from outside. No suite runs them.
// swift-format-ignore-file: OnlyOneTrailingClosureArgument

import Dispatch
import Gantry
import Glibc

private let crowd = Function("crowd", options: .init(maxContainers: 200)) { (x: Int) in
  if x < 200 {
    Board.add(0)
    Board.await(0, atLeast: 200)
  }
  return x * x
}

private let refusing = Function(
  "refusing", options: .init(maxContainers: 2), enter: { () -> Int in throw PlainError("no state") }
) { (state: Int, x: Int) in state + x }

private func say(_ text: String) {
  var line = text + "\n"
  line.withUTF8 { _ = write(1, $0.baseAddress, $0.count) }
}

let conformanceVictims = ScenarioGroup(
  name: "conformance-victims",
  scenarios: [
    Scenario(name: "sums in two hundred containers", functions: [crowd]) { driver in
      say("\(try await crowd.map(0..<1000).collect().reduce(0, +))")
      say("\(driver.statistics.functions[0].containersStarted)")
    },
    Scenario(name: "enters in vain", functions: [refusing]) { _ in
      let error = await thrown { _ = try await refusing.map(0..<10).collect() }
      say("\(require(error, GantryError.self).code)")
    },
  ])
