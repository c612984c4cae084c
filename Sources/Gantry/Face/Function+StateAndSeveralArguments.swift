// How a function is made of a state, which lives as long as its container, and a body with several more arguments.
// The parameter `several` is never given: by it a body with one argument prefers the initializers that are made for it.

public import GantryWire

extension Function {
  /// Makes a function of a state and a body with several arguments and a result.
  @inlinable
  public init<State: Sendable, each A: Payload>(
    _ name: String? = nil, options: FunctionOptions = .init(),
    enter: @escaping @Sendable () async throws -> State, exit: (@Sendable (State) async -> Void)? = nil,
    fileID: String = #fileID, line: Int = #line, column: Int = #column, several: Void = (),
    _ body: @escaping @Sendable (State, repeat each A) async throws -> Output
  ) where Input == (repeat each A), Output: Payload {
    self.init(
      FunctionCore(
        name, options, CallSite(fileID, line, column), TupleCoding<repeat each A>.self,
        SingleCoding<Output>.self, enter, exit, { state, input in try await body(state, repeat each input) }))
  }

  /// Makes a function of a state and a body with several arguments and several results.
  @_disfavoredOverload
  @inlinable
  public init<State: Sendable, each A: Payload, First: Payload, Second: Payload, each Other: Payload>(
    _ name: String? = nil, options: FunctionOptions = .init(),
    enter: @escaping @Sendable () async throws -> State, exit: (@Sendable (State) async -> Void)? = nil,
    fileID: String = #fileID, line: Int = #line, column: Int = #column, several: Void = (),
    _ body: @escaping @Sendable (State, repeat each A) async throws -> (First, Second, repeat each Other)
  ) where Input == (repeat each A), Output == (First, Second, repeat each Other) {
    self.init(
      FunctionCore(
        name, options, CallSite(fileID, line, column), TupleCoding<repeat each A>.self,
        TupleCoding<First, Second, repeat each Other>.self, enter, exit,
        { state, input in try await body(state, repeat each input) }))
  }

  /// Makes a function of a state and a body with several arguments and no result.
  @_disfavoredOverload
  @inlinable
  public init<State: Sendable, each A: Payload>(
    _ name: String? = nil, options: FunctionOptions = .init(),
    enter: @escaping @Sendable () async throws -> State, exit: (@Sendable (State) async -> Void)? = nil,
    fileID: String = #fileID, line: Int = #line, column: Int = #column, several: Void = (),
    _ body: @escaping @Sendable (State, repeat each A) async throws -> Void
  ) where Input == (repeat each A), Output == Void {
    self.init(
      FunctionCore(
        name, options, CallSite(fileID, line, column), TupleCoding<repeat each A>.self, VoidCoding.self,
        enter, exit, { state, input in try await body(state, repeat each input) }))
  }

  /// Makes a function of a state and a body with several arguments and a result.
  @inlinable
  public init<State, each A: Payload>(
    _ name: String? = nil, options: FunctionOptions = .init(),
    enter: @escaping @Sendable () async throws -> State, exit: (@Sendable (State) async -> Void)? = nil,
    fileID: String = #fileID, line: Int = #line, column: Int = #column, several: Void = (),
    _ body: @escaping @Sendable (State, repeat each A) async throws -> Output
  ) where Input == (repeat each A), Output: Payload {
    self.init(
      FunctionCore(
        name, options, CallSite(fileID, line, column), TupleCoding<repeat each A>.self,
        SingleCoding<Output>.self, enter, exit,
        unshared: { state, input in try await body(state, repeat each input) }))
  }

  /// Makes a function of a state and a body with several arguments and several results.
  @_disfavoredOverload
  @inlinable
  public init<State, each A: Payload, First: Payload, Second: Payload, each Other: Payload>(
    _ name: String? = nil, options: FunctionOptions = .init(),
    enter: @escaping @Sendable () async throws -> State, exit: (@Sendable (State) async -> Void)? = nil,
    fileID: String = #fileID, line: Int = #line, column: Int = #column, several: Void = (),
    _ body: @escaping @Sendable (State, repeat each A) async throws -> (First, Second, repeat each Other)
  ) where Input == (repeat each A), Output == (First, Second, repeat each Other) {
    self.init(
      FunctionCore(
        name, options, CallSite(fileID, line, column), TupleCoding<repeat each A>.self,
        TupleCoding<First, Second, repeat each Other>.self, enter, exit,
        unshared: { state, input in try await body(state, repeat each input) }))
  }

  /// Makes a function of a state and a body with several arguments and no result.
  @_disfavoredOverload
  @inlinable
  public init<State, each A: Payload>(
    _ name: String? = nil, options: FunctionOptions = .init(),
    enter: @escaping @Sendable () async throws -> State, exit: (@Sendable (State) async -> Void)? = nil,
    fileID: String = #fileID, line: Int = #line, column: Int = #column, several: Void = (),
    _ body: @escaping @Sendable (State, repeat each A) async throws -> Void
  ) where Input == (repeat each A), Output == Void {
    self.init(
      FunctionCore(
        name, options, CallSite(fileID, line, column), TupleCoding<repeat each A>.self, VoidCoding.self,
        enter, exit, unshared: { state, input in try await body(state, repeat each input) }))
  }
}
