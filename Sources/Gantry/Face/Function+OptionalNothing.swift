// How a function is made of a body whose one expression is optional and has no value: `try? work(x)`, `handle?.use(x)`.
// Without these, such a body would be taken for one whose result cannot travel (Function+Mistakes.swift).

public import GantryWire

extension Function {
  /// Makes a named function of an optional expression of one argument, without a value.
  @_disfavoredOverload
  @inlinable
  public init(
    _ name: String?, options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line,
    column: Int = #column,
    _ body: @escaping @Sendable (Input) throws -> Void?
  ) where Input: Payload, Output == Void {
    self.init(
      FunctionCore(
        name, options, CallSite(fileID, line, column), SingleCoding<Input>.self, VoidCoding.self,
        sync: { input in _ = try body(input) }))
  }

  /// Makes a named function of an optional expression of any number of arguments, without a value.
  @_disfavoredOverload
  @inlinable
  public init<each A: Payload>(
    _ name: String?, options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line,
    column: Int = #column,
    _ body: @escaping @Sendable (repeat each A) throws -> Void?
  ) where Input == (repeat each A), Output == Void {
    self.init(
      FunctionCore(
        name, options, CallSite(fileID, line, column), TupleCoding<repeat each A>.self, VoidCoding.self,
        sync: { input in _ = try body(repeat each input) }))
  }

  /// Makes a function of an optional expression of one argument, without a value.
  @_disfavoredOverload
  @inlinable
  public init(
    options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line,
    column: Int = #column,
    _ body: @escaping @Sendable (Input) throws -> Void?
  ) where Input: Payload, Output == Void {
    self.init(
      FunctionCore(
        nil, options, CallSite(fileID, line, column), SingleCoding<Input>.self, VoidCoding.self,
        sync: { input in _ = try body(input) }))
  }

  /// Makes a function of an optional expression of any number of arguments, without a value.
  @_disfavoredOverload
  @inlinable
  public init<each A: Payload>(
    options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line,
    column: Int = #column,
    _ body: @escaping @Sendable (repeat each A) throws -> Void?
  ) where Input == (repeat each A), Output == Void {
    self.init(
      FunctionCore(
        nil, options, CallSite(fileID, line, column), TupleCoding<repeat each A>.self, VoidCoding.self,
        sync: { input in _ = try body(repeat each input) }))
  }

  /// Makes a named function of an asynchronous optional expression of one argument, without a value.
  @_disfavoredOverload
  @inlinable
  public init(
    _ name: String?, options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line,
    column: Int = #column,
    _ body: @escaping @Sendable (Input) async throws -> Void?
  ) where Input: Payload, Output == Void {
    self.init(
      FunctionCore(
        name, options, CallSite(fileID, line, column), SingleCoding<Input>.self, VoidCoding.self,
        async: { input in _ = try await body(input) }))
  }

  /// Makes a named function of an asynchronous optional expression of any number of arguments, without a value.
  @_disfavoredOverload
  @inlinable
  public init<each A: Payload>(
    _ name: String?, options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line,
    column: Int = #column,
    _ body: @escaping @Sendable (repeat each A) async throws -> Void?
  ) where Input == (repeat each A), Output == Void {
    self.init(
      FunctionCore(
        name, options, CallSite(fileID, line, column), TupleCoding<repeat each A>.self, VoidCoding.self,
        async: { input in _ = try await body(repeat each input) }))
  }

  /// Makes a function of an asynchronous optional expression of one argument, without a value.
  @_disfavoredOverload
  @inlinable
  public init(
    options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line,
    column: Int = #column,
    _ body: @escaping @Sendable (Input) async throws -> Void?
  ) where Input: Payload, Output == Void {
    self.init(
      FunctionCore(
        nil, options, CallSite(fileID, line, column), SingleCoding<Input>.self, VoidCoding.self,
        async: { input in _ = try await body(input) }))
  }

  /// Makes a function of an asynchronous optional expression of any number of arguments, without a value.
  @_disfavoredOverload
  @inlinable
  public init<each A: Payload>(
    options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line,
    column: Int = #column,
    _ body: @escaping @Sendable (repeat each A) async throws -> Void?
  ) where Input == (repeat each A), Output == Void {
    self.init(
      FunctionCore(
        nil, options, CallSite(fileID, line, column), TupleCoding<repeat each A>.self, VoidCoding.self,
        async: { input in _ = try await body(repeat each input) }))
  }

  /// Makes a function of a state and an optional expression of one argument, without a value.
  @_disfavoredOverload
  @inlinable
  public init<State>(
    _ name: String? = nil, options: FunctionOptions = .init(),
    enter: @escaping @Sendable () async throws -> State, exit: (@Sendable (State) async -> Void)? = nil,
    fileID: String = #fileID, line: Int = #line, column: Int = #column,
    _ body: @escaping @Sendable (State, Input) async throws -> Void?
  ) where Input: Payload, Output == Void {
    self.init(
      FunctionCore(
        name, options, CallSite(fileID, line, column), SingleCoding<Input>.self, VoidCoding.self, enter, exit,
        unshared: { state, input in _ = try await body(state, input) }))
  }

  /// Makes a function of a state and an optional expression of several arguments, without a value.
  @_disfavoredOverload
  @inlinable
  public init<State, each A: Payload>(
    _ name: String? = nil, options: FunctionOptions = .init(),
    enter: @escaping @Sendable () async throws -> State, exit: (@Sendable (State) async -> Void)? = nil,
    fileID: String = #fileID, line: Int = #line, column: Int = #column, several: Void = (),
    _ body: @escaping @Sendable (State, repeat each A) async throws -> Void?
  ) where Input == (repeat each A), Output == Void {
    self.init(
      FunctionCore(
        name, options, CallSite(fileID, line, column), TupleCoding<repeat each A>.self, VoidCoding.self,
        enter, exit,
        unshared: { state, input in _ = try await body(state, repeat each input) }))
  }
}
