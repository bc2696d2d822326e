<?php

/** Cuts a query into its terms: words, "phrases" and key:value pairs, each with an optional minus. */
class PracticeSearchTerms {
	private const KEYS = 'filewidth|filew|fileheight|fileh|filebits|filesize|fileres|filemime|filetype|insource|intitle|' .
		'incategory|deepcategory|deepcat|hastemplate|linksto|prefix|pageid|creationdate|lasteditdate';

	private const TERM = '~\s*(?<minus>[-!]?)(?:(?<key>' . self::KEYS . '):)?' .
		'(?:"(?<phrase>(?:[^"\\\\]|\\\\.)*)"|(?<![^:])/(?<regex>(?:[^/\\\\]|\\\\.)+)/(?<fold>i?)(?=\s|$)|(?<word>\S+))~u';

	/**
	 * Read a query.
	 *
	 * @return array<int,array{minus:bool,key:string,value:string,pattern:string}>
	 */
	public static function parse( string $query ): array {
		preg_match_all( self::TERM, trim( $query ), $found, PREG_SET_ORDER | PREG_UNMATCHED_AS_NULL );
		return array_map( self::term( ... ), $found );
	}

	private static function term( array $part ): array {
		$key = $part['key'] ?? '';
		$hasRegex = $part['regex'] !== null && in_array( $key, [ 'insource', 'intitle' ], true );
		$regex = $hasRegex ? '~' . str_replace( '~', '\~', $part['regex'] ) . '~su' . $part['fold'] : null;
		$value = $part['phrase'] !== null ? stripslashes( $part['phrase'] ) : (string)( $part['word'] ?? $part['regex'] );
		return [
			'minus' => $part['minus'] !== '',
			'key' => $key,
			'value' => $value,
			'pattern' => $regex ?? self::pattern( $value ),
		];
	}

	/** Turn a word or phrase, in which * stands for any part of a token, into a pattern of whole tokens. */
	public static function pattern( string $phrase ): string {
		$tokens = preg_split( '/[^\p{L}\p{N}*]+/u', $phrase, -1, PREG_SPLIT_NO_EMPTY );
		$parts = array_map(
			static fn ( string $token ): string => str_replace( '\*', '[\p{L}\p{N}]*', preg_quote( $token, '~' ) ),
			$tokens
		);
		return '~(?<![\p{L}\p{N}])' . implode( '[^\p{L}\p{N}]+', $parts ) . '(?![\p{L}\p{N}])~iu';
	}
}
