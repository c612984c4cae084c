// An app in a module whose declarations belong to the main actor unless they say otherwise.
// Started by CompileTests, which read its output; its bodies use only what is nonisolated.
// swift-format-ignore-file: OnlyOneTrailingClosureArgument

import Gantry

struct Reading: Payload, Codable, Equatable {
  var sensor: String
  var values: [Double]
}

struct Point: Payload, BitwiseCopyable {
  var x: Int
  var y: Int
}

nonisolated func mean(_ reading: Reading) -> Double {
  reading.values.reduce(0, +) / Double(max(1, reading.values.count))
}

/// State of a user interface: on the main actor without saying so.
final class Model {
  var readings = [
    Reading(sensor: "a", values: [1, 2, 3]), Reading(sensor: "b", values: [4, 6]),
  ]
  var means: [Double] = []
  var scale = 10

  func refresh(_ app: Weather) async throws {
    means = []
    for try await value in app.means.map(readings) { means.append(value) }
    // Closures over this model's state, read while the map runs.
    let scaled = try await app.double.map((1...3).lazy.map { $0 * self.scale }).collect()
    print(scaled)
    try await app.note.forEach(readings.lazy.map { $0.sensor })
    let call = try await app.double.spawnMap(1...4)
    scale += 1
    try await call.wait()
    print(try await call.results().collect(), call.status.completed)
    print(try await app.means.remote(readings[0]))
  }
}

@main
struct Weather: App {
  let means = Function { (reading: Reading) in mean(reading) }
  let double = Function { (x: Int) in x * 2 }
  let note = Function { (text: String) in _ = text.count }
  let mirror = Function { (point: Point) in Point(x: point.y, y: point.x) }
  let later = Function { (x: Int) async throws -> Int in
    try await Task.sleep(for: .milliseconds(1))
    return x + 1
  }
  let held = Function(enter: { [1, 2, 3] }) { (state: [Int], index: Int) in state[index] }

  func run() async throws {
    try await show()
    for try await point in mirror.map([Point(x: 1, y: 2)]) { print(point.x, point.y) }
    print(try await later.map([1, 2]).collect(), try await held.map([2, 1, 0]).collect())
  }

  @MainActor private func show() async throws {
    let model = Model()
    try await model.refresh(self)
    print(model.means)
  }
}
