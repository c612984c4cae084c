// The progress line's words, and what gives way where the terminal is narrow.

import Testing

@testable import Gantry

@Suite struct ProgressLineTests {
  private let half = ProgressLine(
    function: "square", done: 500, total: 1000, failed: 2, containers: 4, elapsed: 10, others: 2)

  @Test func aRunningMapShowsBarCountRateTimeLeftFailuresAndContainers() {
    #expect(
      half.running(width: 120)
        == "square  [###############...............]  500/1000  50/s  ETA 0:10  2 failed  4 containers  +2 more"
    )
  }

  @Test func whereTheLengthIsUnknownThereIsNoBar() {
    var line = half
    line.total = nil
    line.containers = 1
    line.others = 0
    line.failed = 0
    #expect(line.running(width: 120) == "square  500  50/s  1 container")
  }

  @Test(arguments: 0...120) func noLineIsWiderThanTheTerminal(_ width: Int) {
    var unknown = half
    unknown.total = nil
    for line in [
      half, unknown, ProgressLine(function: "f", done: 0, total: 0, failed: 0, containers: 0, elapsed: 0),
    ] {
      #expect(line.running(width: width).count <= width)
      #expect(line.finished(width: width).count <= width)
    }
  }

  @Test func theLastWordsGiveWayFirst() {
    #expect(half.running(width: 50) == "square  500/1000  50/s  ETA 0:10  2 failed")
    #expect(half.running(width: 30) == "square  500/1000  50/s")
    #expect(half.running(width: 17) == "square  500/1000")
    #expect(half.running(width: 10) == "square  50")
  }

  @Test func theLastLineSaysHowLongItTook() {
    var line = half
    line.done = 1000
    #expect(
      line.finished(width: 120)
        == "square  [##############################]  1000/1000  in 0:10  100/s  2 failed")
  }

  @Test func nothingDoneHasNoRate() {
    let line = ProgressLine(function: "f", done: 0, total: 9, failed: 0, containers: 0, elapsed: 3)
    #expect(line.running(width: 40) == "f  [................]  0/9  0 containers")
  }

  @Test(arguments: [
    (0.254, "0.25"), (7.26, "7.3"), (42, "42"), (999, "999"), (12_345, "12k"), (3_400_000, "3.4M"),
    (2e9, "2.0G"),
    (1e30, "1000000000G"),
  ]) func ratesAreShort(_ value: Double, _ text: String) { #expect(ProgressLine.short(value) == text) }

  @Test(arguments: [
    (0, "0:00"), (6.6, "0:07"), (754, "12:34"), (11_109, "3:05:09"), (1e9, ">99 h"), (-1, "0:00"),
  ]) func timesAreShort(_ seconds: Double, _ text: String) { #expect(ProgressLine.clock(seconds) == text) }

  @Test func ofManyEventsTheFirstAndEachDoublingAreTold() {
    var thinned = Thinned()
    let told = (1...1_000_000).filter { _ in thinned.isNextTold() }
    #expect(told == (0..<20).map { 1 << $0 })
  }
}
