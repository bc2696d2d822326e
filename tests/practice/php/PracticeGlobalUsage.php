<?php

use MediaWiki\Api\ApiBase;
use MediaWiki\Api\ApiQuery;
use MediaWiki\Api\ApiQueryBase;
use MediaWiki\Title\Title;
use Wikimedia\ParamValidator\ParamValidator;
use Wikimedia\ParamValidator\TypeDef\IntegerDef;

/**
 * Answers prop=globalusage as the GlobalUsage extension does, from what usage.json of the instance tells.
 *
 * Not imitated: the parameters for namespaces and sites.
 */
class PracticeGlobalUsage extends ApiQueryBase {
	public function __construct( ApiQuery $query, string $moduleName ) {
		parent::__construct( $query, $moduleName, 'gu' );
	}

	/** @inheritDoc */
	public function execute() {
		$params = $this->extractRequestParams();
		$pageIds = $this->getPageSet()->getAllTitlesByNamespace()[NS_FILE] ?? [];
		$uses = $this->usesOf( array_map( 'strval', array_keys( $pageIds ) ), $params['filterlocal'] );
		$start = $params['continue'] === null ? [ '', '', 0 ] :
			$this->parseContinueParamOrDie( $params['continue'], [ 'string', 'string', 'int' ] );
		$told = 0;
		foreach ( $uses as [ $key, $wiki, $id, $title ] ) {
			if ( [ $key, $wiki, $id ] < $start ) {
				continue;
			}
			$use = [ 'title' => $title, 'wiki' => $wiki ];
			if ( in_array( 'url', $params['prop'], true ) ) {
				$use['url'] = "https://$wiki/wiki/" . wfUrlencode( strtr( $title, ' ', '_' ) );
			}
			if ( in_array( 'pageid', $params['prop'], true ) ) {
				$use['pageid'] = (string)$id;
			}
			if ( in_array( 'namespace', $params['prop'], true ) ) {
				$use['ns'] = '0';
			}
			if ( ++$told > $params['limit'] || !$this->tell( $pageIds[$key], $use ) ) {
				$this->setContinueEnumParameter( 'continue', "$key|$wiki|$id" );
				break;
			}
		}
		foreach ( $pageIds as $pageId ) {
			$this->getResult()->addIndexedTagName( [ 'query', 'pages', $pageId, 'globalusage' ], 'gu' );
		}
	}

	private function tell( int $pageId, array $use ): bool {
		return $this->getResult()->addValue( [ 'query', 'pages', $pageId, 'globalusage' ], null, $use );
	}

	/**
	 * List the uses of files in the extension's order.
	 *
	 * @param string[] $keys
	 * @return array<int,array{string,string,int,string}>
	 */
	private function usesOf( array $keys, bool $filterLocal ): array {
		$here = parse_url( $this->getConfig()->get( 'Server' ), PHP_URL_HOST );
		$uses = [];
		foreach ( PracticeBeside::read( 'usage' ) as $name => $pages ) {
			$key = Title::newFromTextThrow( $name )->getDBkey();
			foreach ( in_array( $key, $keys, true ) ? $pages : [] as $id => $page ) {
				[ $wiki, $title ] = explode( ':', $page, 2 );
				if ( !$filterLocal || $wiki !== $here ) {
					$uses[] = [ $key, $wiki, $id + 1, $title ];
				}
			}
		}
		sort( $uses );
		return $uses;
	}

	/** @inheritDoc */
	public function getAllowedParams() {
		return [
			'prop' => [
				ParamValidator::PARAM_DEFAULT => 'url',
				ParamValidator::PARAM_TYPE => [ 'url', 'pageid', 'namespace' ],
				ParamValidator::PARAM_ISMULTI => true,
			],
			'limit' => [
				ParamValidator::PARAM_DEFAULT => 10,
				ParamValidator::PARAM_TYPE => 'limit',
				IntegerDef::PARAM_MIN => 1,
				IntegerDef::PARAM_MAX => ApiBase::LIMIT_BIG1,
				IntegerDef::PARAM_MAX2 => ApiBase::LIMIT_BIG2,
			],
			'continue' => null,
			'filterlocal' => false,
		];
	}
}
