// An open record's framed outputs are copied by the lengths in the copy, and no further than they reach.

import Testing

@testable import Gantry
@testable import GantryLanes

@Suite struct OpenFramesTests {
  private func copied(_ count: Int, _ bytes: [UInt8]) -> [UInt8]? {
    bytes.withUnsafeBytes { raw in
      var copy: [UInt8] = []
      return SharedBytes(raw).copyFrames(count, to: &copy) ? copy : nil
    }
  }

  private let three: [UInt8] = [2, 0, 0, 0, 7, 8] + [0, 0, 0, 0] + [1, 0, 0, 0, 9]

  @Test func asManyAreCopiedAsAreWanted() {
    #expect(copied(0, three + [255]) == [])
    #expect(copied(1, three) == Array(three[..<6]))
    #expect(copied(2, three) == Array(three[..<10]))
    #expect(copied(3, three + [1, 2, 3]) == three)
  }

  @Test func longOnesHaveTheirLengthBehindAMark() {
    let long = [255, 255, 255, 255] + [2, 0, 0, 0, 0, 0, 0, 0] + [5, 6] as [UInt8]
    #expect(copied(2, long + three) == long + three[..<6])
    #expect(copied(1, Array(long.dropLast())) == nil)
    #expect(copied(1, [255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255]) == nil)
  }

  @Test func whatReachesOutOfTheRecordIsRefused() {
    for end in 0..<three.count { #expect(copied(3, Array(three[..<end])) == nil, "cut off at \(end)") }
    #expect(copied(4, three) == nil)
    #expect(copied(1, [255, 255, 255, 127, 0]) == nil)
  }
}
