<?php

/** What Commons knows beside its own pages, told in files of the instance: lists and numbers by page title. */
class PracticeBeside {
	/** Read a file of the instance: "usage" or "statements". */
	public static function read( string $name ): array {
		$file = self::file( $name );
		return is_file( $file ) ? json_decode( file_get_contents( $file ), true, 512, JSON_THROW_ON_ERROR ) : [];
	}

	/** Note what is told of one page; null forgets it. */
	public static function note( string $name, string $title, mixed $told ): void {
		$known = array_filter( [ $title => $told ] + self::read( $name ), static fn ( $one ) => $one !== null );
		file_put_contents( self::file( $name ), json_encode( (object)$known, JSON_THROW_ON_ERROR ), LOCK_EX );
	}

	private static function file( string $name ): string {
		global $wgPracticeFolder;
		return "$wgPracticeFolder/beside/$name.json";
	}
}
