// Promises about Foundation's values: with GantryFoundation imported they travel like any other.

import Foundation
import Gantry
import GantryFoundation

private let bytes = Function("bytes") { (data: Data) in Data(data.reversed()) }
private let tomorrow = Function("tomorrow") { (day: Date) in day.addingTimeInterval(86_400) }
private let appended = Function("appended") { (base: URL, name: String) in base.appendingPathComponent(name) }
private let echo = Function("echo") { (id: UUID) in id }
private let total = Function("total") { (prices: [Decimal]) in prices.reduce(0, +) }
private let pieces = Function("pieces") { (text: String) in [text: [Data(text.utf8), nil]] }

let foundationScenarios = ScenarioGroup(
  name: "foundation",
  scenarios: [
    Scenario(
      name: "data, dates, URLs, identifiers and decimals travel",
      functions: [bytes, tomorrow, appended, echo, total, pieces]
    ) { _ in
      let blocks = (0..<300).map { Data(repeating: UInt8($0 & 255), count: $0 * 37) + Data([1]) }
      expectEqual(try await bytes.map(blocks).collect(), blocks.map { Data($0.reversed()) }, "the data")
      let days = (0..<1000).map { Date(timeIntervalSinceReferenceDate: Double($0) * 1e5) }
      expectEqual(
        try await tomorrow.map(days).collect(), days.map { $0.addingTimeInterval(86_400) }, "the dates")
      guard let base = URL(string: "http://example.org/a") else { fail("no URL") }
      expectEqual(
        try await appended.map([base, base], ["x", "é"]).collect().map(\.absoluteString),
        ["http://example.org/a/x", "http://example.org/a/%C3%A9"])
      let ids = (0..<1000).map { _ in UUID() }
      expectEqual(try await echo.map(ids).collect(), ids, "the identifiers")
      let prices = (0..<200).map { n in (0..<n).map { Decimal($0) / 100 } }
      expectEqual(try await total.map(prices).collect(), prices.map { $0.reduce(0, +) }, "the sums")
      expectEqual(try await pieces.remote("ab"), ["ab": [Data([97, 98]), nil]])
    }
  ])
