// The credit of a call: exact where the user gave a ceiling, else bounded by bytes and by work.

import Testing

@testable import GantryScheduling

struct WindowTests {
  private let sizing = ChunkSizing(fixed: nil)

  @Test func aCeilingIsExact() {
    for ceiling in [1, 2, 17, Int.max] {
      var window = Window(ceiling: ceiling)
      #expect(window.room(containers: 4, sizing: sizing) == ceiling)
      window.take(1)
      #expect(window.room(containers: 4, sizing: sizing) == ceiling - 1)
      window.outputBytes = 10 * Window.bytes
      #expect(
        window.room(containers: 4, sizing: sizing) == ceiling - 1, "bytes do not count against a ceiling")
      window.hand(1)
      #expect(window.room(containers: 4, sizing: sizing) == ceiling)
      #expect(window.outstanding == 0)
    }
  }

  @Test func moreThanTheCeilingIsNoNegativeRoom() {
    var window = Window(ceiling: 3)
    window.take(9)
    #expect(window.room(containers: 4, sizing: sizing) == 0)
  }

  @Test func anOpenWindowHoldsTwoChunksForEachContainer() {
    var window = Window(ceiling: nil)
    #expect(window.room(containers: 3, sizing: sizing) == 2 * ChunkSizing.defaultSize * 3)
    #expect(window.room(containers: 3, sizing: ChunkSizing(fixed: 1_000)) == 6_000)
    window.take(100)
    #expect(window.room(containers: 3, sizing: sizing) == 2 * ChunkSizing.defaultSize * 3 - 100)
    window.hand(40)
    #expect(window.room(containers: 3, sizing: sizing) == 2 * ChunkSizing.defaultSize * 3 - 60)
    window.take(1_000)
    #expect(window.room(containers: 3, sizing: sizing) == 0)
  }

  @Test func fastInputsWidenIt() {
    var sizing = ChunkSizing(fixed: nil)
    for _ in 0..<100 { sizing.learn(count: 100, nanoseconds: 100 * 100) }
    let room = Window(ceiling: nil).room(containers: 2, sizing: sizing)
    #expect(room == 80_000, "4 ms of work for each container at 100 ns an input")
  }

  @Test func bytesCloseItButForOneInputAtATime() {
    var window = Window(ceiling: nil)
    window.take(5)
    window.inputBytes = Window.bytes - 1
    #expect(window.room(containers: 2, sizing: sizing) > 0)
    window.outputBytes = 1
    #expect(window.room(containers: 2, sizing: sizing) == 0)
    window.hand(5)
    #expect(
      window.room(containers: 2, sizing: sizing) == 1, "an input larger than the bound still passes, alone")
  }

  @Test func nothingOverflowsAtTheEdges() {
    for sizing in [sizing, ChunkSizing(fixed: .max)] {
      for containers in [0, 1, 1 << 30, Int.max] {
        #expect(Window(ceiling: nil).room(containers: containers, sizing: sizing) >= 0)
      }
    }
  }
}
